// Checks that the committed files can be released, and makes the files of the release in release/. It does not publish.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };

const { name, version } = packageJson;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'inherit' });
const git = (...args: string[]) => String(execFileSync('git', args)).trim();

const problems = [
  !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) && `${version} is not a version.`,
  git('tag', '--list', `v${version}`) && `v${version} is tagged already: run npm version.`,
  !changelogSection() && `CHANGELOG.md has no text under "## ${version}".`,
  git('status', '--porcelain') && 'There are uncommitted changes.',
].filter((problem) => problem);
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exit(1);
}

run('npm', 'test');
rmSync('release', { recursive: true, force: true });
mkdirSync('release');
// npm test has built the packed files.
run('npm', 'pack', '--ignore-scripts', '--pack-destination', 'release');
run('bun', 'scripts/bundle.ts', `release/${name}-${version}.mcpb`);
run('mcpb', 'validate', 'manifest.json');
// Not shipped: they map the stack of a crash that a user of this version reports.
cpSync('sourcemaps', 'release/sourcemaps', { recursive: true });
const files = readdirSync('release', { recursive: true, encoding: 'utf8' }).filter((file) =>
  statSync(`release/${file}`).isFile(),
);
const sums = files.map(
  (file) =>
    `${createHash('sha256')
      .update(readFileSync(`release/${file}`))
      .digest('hex')}  ${file}\n`,
);
writeFileSync('release/SHA256SUMS', sums.join(''));
process.stdout.write(`\nVersion ${version} is ready in release/:\n\n${sums.join('')}\n${changelogSection()}\n`);
const reminders = [
  readFileSync('README.md', 'utf8').includes('not on npm yet') && 'README.md says that the package is not on npm yet.',
  !('repository' in packageJson) && 'No repository in package.json, so manifest.json cannot name README.md#privacy.',
].filter((reminder) => reminder);
if (reminders.length > 0) process.stdout.write(`\n${reminders.join('\n')}\ndocs/RELEASING.md says what to change.\n`);

function changelogSection(): string {
  const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
  return (
    sections
      .find((section) => section.startsWith(`${version}\n`))
      ?.slice(version.length)
      .trim() ?? ''
  );
}
