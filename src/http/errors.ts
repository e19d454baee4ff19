/**
 * An error response without the caller's text: a JSON-RPC error if the request's id is known, else
 * `application/problem+json` (RFC 9457). Codex and Copilot hang on an error whose id is null.
 */
export function errorResponse(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  id?: string | number,
  // A transport error.
  code = -32000,
): Response {
  if (id !== undefined) {
    return Response.json({ jsonrpc: '2.0', id, error: { code, message } }, { status, headers });
  }
  const problem = { type: 'about:blank', status, detail: message };
  const type = { 'content-type': 'application/problem+json' };
  return Response.json(problem, { status, headers: { ...type, ...headers } });
}
