/**
 * A response that says what is wrong, never in the caller's own words. If the request's id is known, it
 * is a JSON-RPC error with that id. If not, it is `application/problem+json` (RFC 9457): Codex and
 * Copilot wait for ever on a JSON-RPC error whose id is null.
 */
export function errorResponse(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  id?: string | number,
  // The transport refused.
  code = -32000,
): Response {
  if (id !== undefined) {
    return Response.json({ jsonrpc: '2.0', id, error: { code, message } }, { status, headers });
  }
  const problem = { type: 'about:blank', status, detail: message };
  const type = { 'content-type': 'application/problem+json' };
  return Response.json(problem, { status, headers: { ...type, ...headers } });
}
