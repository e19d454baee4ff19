/** A server as the `mcp.json` of Cursor and of VS Code describes it: one to start, or one to call. */
export interface ServerConfig {
  /** VS Code's; Cursor tells by the other fields. */
  readonly type?: 'stdio' | 'http';
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What VS Code asks for when the server starts, and puts in place of `${input:id}`. */
export interface PromptInput {
  readonly type: 'promptString';
  readonly id: string;
  readonly description: string;
  readonly password?: boolean;
}

/** Installs a server in Cursor (cursor.com/docs/mcp/install-links). */
export function cursorLink(name: string, config: ServerConfig): string {
  const query = `name=${encodeURIComponent(name)}&config=${encodeURIComponent(btoa(ascii(config)))}`;
  return `cursor://anysphere.cursor-deeplink/mcp/install?${query}`;
}

/** Installs a server in VS Code (code.visualstudio.com/api/extension-guides/ai/mcp). */
export function vsCodeLink(
  name: string,
  config: ServerConfig,
  inputs: readonly PromptInput[],
): string {
  const asked = inputs.length > 0 ? { inputs } : {};
  return `vscode:mcp/install?${encodeURIComponent(ascii({ name, ...asked, ...config }))}`;
}

/** JSON for `btoa`, which takes Latin-1 alone, and for VS Code, which decodes a link twice and must not meet a `%`. */
export function ascii(value: object): string {
  return JSON.stringify(value).replace(/[%\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
