/** Installs a server in Cursor (cursor.com/docs/mcp/install-links). */
export function cursorLink(name: string, config: object): string {
  const query = new URLSearchParams({ name, config: btoa(ascii(config)) });
  return `cursor://anysphere.cursor-deeplink/mcp/install?${query}`;
}

/** Installs a server in VS Code (code.visualstudio.com/api/extension-guides/ai/mcp). */
export function vsCodeLink(server: object): string {
  return `vscode:mcp/install?${encodeURIComponent(ascii(server))}`;
}

/** JSON for `btoa`, which takes Latin-1, and for VS Code, which decodes a link twice: without `%`. */
export function ascii(value: object): string {
  return JSON.stringify(value).replace(/[%\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
