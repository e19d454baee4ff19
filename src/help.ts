import { description, name, version } from './about.ts';
import { VARIABLES } from './config.ts';

const variables = Object.entries(VARIABLES).map(
  ([variable, about]) => `  ${variable.padEnd(29)} ${about.meaning}${'unset' in about ? ` [${about.unset}]` : ''}\n`,
);

export const HELP = `${name} ${version}
${description}

Usage: ${name} [option]

Without an option it serves MCP on stdin and stdout, for an MCP host to start.
  --demo         serve made-up customers instead; needs no key and no network
  --check        make one request to Sequence and say whether it works
  --version, -v  print the version
  --help, -h     print this

Environment variables [default]:
${variables.join('')}`;
