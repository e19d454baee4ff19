import { description, name, version } from './about.ts';
import { VARIABLES, type Variable } from './config.ts';
import { HTTP_VARIABLES } from './http/config.ts';

function list(variables: Readonly<Record<string, Variable>>): string {
  const lines = Object.entries(variables).map(
    ([name, { meaning, default: value }]) =>
      `  ${name.padEnd(29)} ${meaning}${value ? ` [${value}]` : ''}\n`,
  );
  return lines.join('');
}

export const USAGE = `${name} ${version}
${description}

Usage: ${name} [option]

Without an option it serves MCP on stdin and stdout, for an MCP host to start.
  --demo         serve made-up customers instead; needs no key and no network
  --check        make one request to Sequence and say whether it works
  --http         serve MCP over HTTP instead, as one endpoint for a team; with --check, check it
  --new-token X  print a new token for X, a caller of that endpoint
  --version, -v  print the version
  --help, -h     print this

Environment variables [default]:
${list(VARIABLES)}
With --http also (SEQUENCE_LOG_LEVEL is then info by default):
${list(HTTP_VARIABLES)}`;
