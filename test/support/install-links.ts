/** A server as the `mcp.json` of Cursor and of VS Code describes it: one to start, or one to call. */
interface ServerConfig {
  /** VS Code's; Cursor tells by the other fields. */
  readonly type?: 'stdio' | 'http';
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What VS Code asks for when the server starts, and puts in place of `${input:id}`. */
interface PromptInput {
  readonly type: 'promptString';
  readonly id: string;
  readonly description: string;
  readonly password?: boolean;
}

/** What an application would install for a link. */
export interface Installed {
  readonly host: 'Cursor' | 'VS Code';
  readonly name: string;
  readonly config: ServerConfig;
  readonly inputs: readonly PromptInput[];
}

/** Reads a link as the applications do, with the decoding that each documents; nothing for a link of another kind. */
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

/** The addresses of all links in a page, as a browser reads them. */
export function linksIn(page: string): string[] {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return [...page.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = '']) =>
    href.replace(/&(#?\w+);/g, (_, name) => entities[name] ?? ''),
  );
}
