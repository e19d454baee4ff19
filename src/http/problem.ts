/** The JSON-RPC code of each status that is not left to the protocol; `-32000` says that the transport refused. */
const CODES: Readonly<Record<number, number>> = { 400: -32600, 500: -32603 };

/** An answer that says what is wrong, in the form in which MCP clients look for errors. Never of the caller's own text. */
export function problem(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  code = CODES[status] ?? -32000,
): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers });
}
