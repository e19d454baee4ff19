import { name, version } from './about.ts';
import type { App } from './app.ts';
import type { Config } from './config.ts';
import { type Deadline, withDeadline } from './deadline.ts';
import { describeError } from './errors.ts';

/** Makes the smallest request there is, and reports to a person what was tried and how it went. */
export async function check(
  { api, timeoutMs }: Config,
  { getClient }: App,
  runtime: string,
  demo: boolean,
): Promise<{ report: string; works: boolean }> {
  const lines = [`${name} ${version} on ${runtime}`];
  if (api.kind === 'misconfigured') {
    lines.push('Not configured:', ...api.problems.map((problem) => `  ${problem}`));
    return { report: `${lines.join('\n')}\n`, works: false };
  }
  if (demo) lines.push('demo         made-up data, without a network');
  else lines.push(`environment  ${api.environment}`, `host         ${new URL(api.url).host}`);
  lines.push(`API version  ${api.version}`);
  let works = true;
  try {
    const request = async (deadline: Deadline) => (await getClient()).listCustomerAliases({ limit: 1 }, deadline);
    const { total } = await withDeadline(timeoutMs, undefined, request);
    lines.push(`works        ${total ?? 'an unknown number of'} customer aliases`);
  } catch (error) {
    works = false;
    lines.push(`fails        ${describeError(error)}`);
  }
  return { report: `${lines.join('\n')}\n`, works };
}
