/** A server in the `mcp.json` of Cursor or VS Code: a command or a URL. */
interface ServerConfig {
  /** In VS Code; Cursor infers it from the other fields. */
  readonly type?: 'stdio' | 'http';
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A prompt of VS Code at the server's start. Its value replaces `${input:id}`. */
interface PromptInput {
  readonly type: 'promptString';
  readonly id: string;
  readonly description: string;
  readonly password?: boolean;
}

/** The server that an application would install for a link. */
export interface Installed {
  readonly host: 'Cursor' | 'VS Code';
  readonly name: string;
  readonly config: ServerConfig;
  readonly inputs: readonly PromptInput[];
}

/** Reads a link with the decoding that each application documents; `undefined` for any other link. */
export function readInstallLink(href: string): Installed | undefined {
  const { protocol, host, pathname, search, searchParams } = new URL(href);
  const parameter = (name: string) => searchParams.get(name) ?? '';
  switch (`${protocol}${host}${pathname}`) {
    case 'cursor:anysphere.cursor-deeplink/mcp/install':
    case 'https:cursor.com/en/install-mcp':
      return { host: 'Cursor', name: parameter('name'), config: JSON.parse(atob(parameter('config'))), inputs: [] };
    case 'https:vscode.dev/redirect/mcp/install': {
      const inputs = JSON.parse(searchParams.get('inputs') ?? '[]');
      return { host: 'VS Code', name: parameter('name'), config: JSON.parse(parameter('config')), inputs };
    }
    case 'vscode:mcp/install': {
      // VS Code's URI parser decodes the query, and its handler decodes it again.
      const decoded = decodeURIComponent(decodeURIComponent(search.slice(1)));
      const { name, inputs = [], ...config } = JSON.parse(decoded);
      return { host: 'VS Code', name, config, inputs };
    }
    default:
      return undefined;
  }
}

/** The URLs of all links in a page, as a browser decodes them. */
export function linksIn(page: string): string[] {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return [...page.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = '']) =>
    href.replace(/&(#?\w+);/g, (_, name) => entities[name] ?? ''),
  );
}
