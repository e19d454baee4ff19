import { createToken } from './auth.ts';
import { TOKEN_NAME } from './config.ts';

/** What `--new-token` prints, the one time that the token is shown; nothing where the name is none. */
export async function describeNewToken(name: string): Promise<string | undefined> {
  if (!TOKEN_NAME.test(name)) return undefined;
  const { token, entry } = await createToken(name);
  return `The token of ${name}, shown only now:
${token}
Its entry in SEQUENCE_MCP_TOKENS, beside those of others:
${entry}
`;
}
