import { name, version } from './about.ts';
import type { App } from './app.ts';
import type { Config } from './config.ts';
import { withDeadline } from './deadline.ts';
import { describeError } from './errors.ts';

export type CheckResult = { readonly report: string; readonly works: boolean };

/** Makes the smallest possible request, and reports the settings and the result to a person. */
export async function check(
  { api, demo, timeoutMs, redact }: Config,
  { createClient }: App,
  runtime: string,
): Promise<CheckResult> {
  const lines = [`${name} ${version} on ${runtime}`];
  const result = (works: boolean) => ({ report: redact(`${lines.join('\n')}\n`), works });
  if (api.kind === 'misconfigured') {
    lines.push('Not configured:', ...api.problems.map((problem) => `  ${problem}`));
    return result(false);
  }
  if (demo) lines.push('demo         made-up data, without a network');
  else lines.push(`environment  ${api.environment}`, `host         ${new URL(api.url).host}`);
  lines.push(`API version  ${api.version}`);
  try {
    const { total } = await withDeadline(timeoutMs, undefined, (deadline) =>
      createClient().listCustomerAliases({ limit: 1 }, (row) => row.id(), deadline),
    );
    lines.push(`works        ${total ?? 'an unknown number of'} customer aliases`);
    return result(true);
  } catch (error) {
    lines.push(`fails        ${describeError(error)}`);
    return result(false);
  }
}
