import { describeRuntime, name, version } from './about.ts';
import type { Config } from './config.ts';
import { type Deadline, withDeadline } from './deadline.ts';
import { describeError } from './errors.ts';
import type { SequenceClient } from './sequence/client.ts';

/** Makes the smallest request there is, and reports to a person what was tried and how it went. */
export async function check(
  { api, timeoutMs }: Config,
  client: SequenceClient,
  demo: boolean,
): Promise<{ report: string; works: boolean }> {
  const lines = [`${name} ${version} on ${describeRuntime(process.versions)}`];
  if ('problems' in api) {
    lines.push('Not configured:', ...api.problems.map((problem) => `  ${problem}`));
    return { report: `${lines.join('\n')}\n`, works: false };
  }
  if (demo) lines.push('demo         made-up data, without a network');
  else lines.push(`environment  ${api.environment}`, `host         ${new URL(api.url).host}`);
  lines.push(`API version  ${api.version}`);
  let works = true;
  try {
    const request = (deadline: Deadline) => client.listCustomerAliases({ limit: 1 }, deadline);
    const { total } = await withDeadline(timeoutMs, undefined, request);
    lines.push(`works        ${total ?? 'an unknown number of'} customer aliases`);
  } catch (error) {
    works = false;
    lines.push(`fails        ${describeError(error)}`);
  }
  return { report: `${lines.join('\n')}\n`, works };
}
