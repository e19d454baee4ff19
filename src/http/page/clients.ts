import { html } from 'hono/html';

export type Html = ReturnType<typeof html>;

/** How to connect one client: a link to click, or a command or file to copy. */
export interface ClientSetup {
  readonly name: string;
  readonly link?: string;
  readonly code?: string;
  readonly note: Html;
}

/** Placeholder for a person's own token; never a real one. */
export const PLACEHOLDER = 'YOUR_TOKEN';

const FILL_IN = html`With your own token in place of <code>${PLACEHOLDER}</code>.`;
const FROM_VARIABLE = html`It reads your token from the variable <code>SEQUENCE_TOKEN</code>. If it does not see a new one: <code>codex app-server daemon restart</code>.`;

const AS_USER = '--scope user --transport http';

/** A program's command, and how to sign in or set a token after it. */
const PROGRAMS: readonly (readonly [name: string, command: string, login?: string, Html?])[] = [
  ['Claude Code', `claude mcp add ${AS_USER} sequence URL HEADER`, 'claude mcp login sequence'],
  ['Codex', 'codex mcp add sequence --url URL VARIABLE', 'codex mcp login sequence', FROM_VARIABLE],
  ['Copilot CLI', 'copilot mcp add --transport http HEADER sequence URL'],
  ['Gemini CLI', `gemini mcp add ${AS_USER} sequence URL HEADER`, '/mcp auth sequence'],
  ['Qwen Code', `qwen mcp add ${AS_USER} sequence URL HEADER`],
  ['opencode', 'opencode mcp add sequence --url URL HEADER', 'opencode mcp auth sequence'],
  ['Cline', 'cline mcp add sequence URL --transport http HEADER --yes'],
];

const INPUT = {
  type: 'promptString',
  id: 'sequence-token',
  description: 'Your token for the Sequence endpoint',
  password: true,
};

/**
 * The clients that can connect to this endpoint. Claude and ChatGPT run in a cloud: they cannot
 * reach loopback, and support only OAuth. Programs that can sign in get the command for it. With
 * neither tokens nor OAuth, every program on this machine may call.
 */
export function clientsFor(url: string, tokens: boolean, oauth: boolean): ClientSetup[] {
  const sendsToken = tokens && !oauth;
  const server = (token: string) =>
    sendsToken ? { url, headers: { Authorization: `Bearer ${token}` } } : { url };
  const file = { mcpServers: { sequence: { type: 'http', ...server(`\${SEQUENCE_TOKEN}`) } } };
  const inputs = sendsToken && { inputs: [INPUT] };
  const vsCode = { name: 'sequence', ...inputs, type: 'http', ...server(`\${input:${INPUT.id}}`) };
  const note = (withToken: Html, login?: string) => {
    if (!oauth) return tokens ? withToken : html`No token is needed.`;
    return login ? html`Then <code>${login}</code>, to sign in.` : html`Then sign in.`;
  };
  const header = `--header "Authorization: Bearer ${PLACEHOLDER}"`;
  const fill = (command: string) =>
    (sendsToken ? command : command.replace(/ (?:HEADER|VARIABLE)/, ''))
      .replace('VARIABLE', '--bearer-token-env-var SEQUENCE_TOKEN')
      .replace('HEADER', command.startsWith('opencode') ? header.replace(': ', '=') : header)
      .replace('URL', () => shellWord(url));
  return [
    ...(oauth && url.startsWith('https:') ? signingIn(url) : []),
    {
      name: 'Cursor',
      link: cursorLink('sequence', server(PLACEHOLDER)),
      note: note(html`${FILL_IN} The file is <code>~/.cursor/mcp.json</code>.`),
    },
    {
      name: 'VS Code',
      link: vsCodeLink(vsCode),
      note: note(html`VS Code asks for your token once, and keeps it.`),
    },
    ...PROGRAMS.map(([name, command, login, withToken = FILL_IN]) => ({
      name,
      code: fill(command),
      note: note(withToken, login),
    })),
    {
      name: 'Claude Code, for a project',
      code: JSON.stringify(file, null, 2),
      note: html`As <code>.mcp.json</code>. ${note(html`Each member’s own token is in the variable <code>SEQUENCE_TOKEN</code>.`)}`,
    },
  ];
}

function signingIn(url: string): ClientSetup[] {
  const dialog = `modal=add-custom-connector&connectorName=Sequence&connectorUrl=${encodeURIComponent(url)}`;
  return [
    {
      name: 'Claude',
      link: `https://claude.ai/customize/connectors?${dialog}`,
      note: html`Then sign in. By hand: Customize → Connectors → + → Add custom connector, with the address above. In a Team or Enterprise plan an owner adds it first.`,
    },
    {
      name: 'ChatGPT',
      link: 'https://chatgpt.com/#settings/Connectors',
      note: html`Turn on Developer mode in Advanced settings, then Create app: the address above, and OAuth.`,
    },
  ];
}

/** One word for a POSIX shell: `$(…)`, `;` and quotes in a URL become their percent form. */
function shellWord(url: string): string {
  return /^[\w:/.%~-]+$/.test(url) ? url : `'${url.replaceAll("'", '%27')}'`;
}

/** A link that installs a server in Cursor (cursor.com/docs/mcp/install-links). */
export function cursorLink(name: string, config: object): string {
  const query = new URLSearchParams({ name, config: btoa(ascii(config)) });
  return `cursor://anysphere.cursor-deeplink/mcp/install?${query}`;
}

/** A link that installs a server in VS Code (code.visualstudio.com/api/extension-guides/ai/mcp). */
export function vsCodeLink(server: object): string {
  return `vscode:mcp/install?${encodeURIComponent(ascii(server))}`;
}

/** JSON in ASCII without `%`: `btoa` takes Latin-1, and VS Code decodes a link twice. */
export function ascii(value: object): string {
  return JSON.stringify(value).replace(/[%\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
