import { html } from 'hono/html';
import { cursorLink, type ServerConfig, vsCodeLink } from './install-links.ts';

export type Html = ReturnType<typeof html>;

/** How callers of an endpoint authenticate. Neither: everybody on this machine may call. */
export interface AuthMethods {
  readonly tokens: boolean;
  readonly oauth: boolean;
}

/** The shortest way to connect one client. */
export interface ClientSetup {
  readonly name: string;
  /** One click. */
  readonly link?: { readonly label: string; readonly href: string };
  /** A command or a part of a file, to be copied; `what` completes “Copy the …”. */
  readonly code?: { readonly what: string; readonly text: string };
  readonly note: Html;
}

/** Where a person puts their own token; never a real one. */
export const PLACEHOLDER = 'YOUR_TOKEN';

/**
 * The clients that can connect to this endpoint. One in a cloud reaches no loopback. ChatGPT and Claude
 * take OAuth alone, an API takes a token of either kind. Programs are shown how to sign in if they can;
 * a header that is configured in them is used all the same.
 */
export function clientsFor(url: string, methods: AuthMethods): ClientSetup[] {
  const { tokens, oauth } = methods;
  const inClouds = url.startsWith('https:');
  return [
    ...(inClouds && oauth ? signingIn(url) : []),
    ...programs(url, methods),
    ...(inClouds && (tokens || oauth) ? apis(url) : []),
  ];
}

function signingIn(url: string): ClientSetup[] {
  const dialog = `modal=add-custom-connector&connectorName=Sequence&connectorUrl=${encodeURIComponent(url)}`;
  return [
    {
      name: 'Claude',
      link: { label: 'Add to Claude', href: `https://claude.ai/customize/connectors?${dialog}` },
      note: html`Then sign in. By hand: Customize → Connectors → + → Add custom connector, with the address above. In a Team or Enterprise plan an owner adds it first.`,
    },
    {
      name: 'ChatGPT',
      link: { label: 'Open ChatGPT’s settings', href: 'https://chatgpt.com/#settings/Connectors' },
      note: html`Turn on Developer mode in Advanced settings, then Create app: the address above, and OAuth.`,
    },
  ];
}

const FILL_IN = html`With your own token in place of <code>${PLACEHOLDER}</code>.`;
const FROM_VARIABLE = html`It reads your token from the variable <code>SEQUENCE_TOKEN</code>. If it does not see a new one: <code>codex app-server daemon restart</code>.`;

/** A program's command, how to sign in after it, and what to do for a token. */
const COMMANDS: Readonly<Record<string, readonly [command: string, login?: string, token?: Html]>> =
  {
    'Claude Code': [
      'claude mcp add --scope user --transport http sequence URL HEADER',
      'claude mcp login sequence',
    ],
    Codex: ['codex mcp add sequence --url URL VARIABLE', 'codex mcp login sequence', FROM_VARIABLE],
    'Copilot CLI': ['copilot mcp add --transport http HEADER sequence URL'],
    'Gemini CLI': [
      'gemini mcp add --scope user --transport http sequence URL HEADER',
      '/mcp auth sequence',
    ],
    'Qwen Code': ['qwen mcp add --scope user --transport http sequence URL HEADER'],
    opencode: ['opencode mcp add sequence --url URL HEADER', 'opencode mcp auth sequence'],
    Cline: ['cline mcp add sequence URL --transport http HEADER --yes'],
  };

const TOKEN_INPUT = {
  type: 'promptString',
  id: 'sequence-token',
  description: 'Your token for the Sequence endpoint',
  password: true,
} as const;

/** Programs on a person's own machine. */
function programs(url: string, { tokens, oauth }: AuthMethods): ClientSetup[] {
  const sendsToken = tokens && !oauth;
  const server = (token: string): ServerConfig =>
    sendsToken ? { url, headers: { Authorization: `Bearer ${token}` } } : { url };
  const file = { mcpServers: { sequence: { type: 'http', ...server(`\${SEQUENCE_TOKEN}`) } } };
  const vsCode = { type: 'http', ...server(`\${input:${TOKEN_INPUT.id}}`) } as const;
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
    {
      name: 'Cursor',
      link: { label: 'Add to Cursor', href: cursorLink('sequence', server(PLACEHOLDER)) },
      note: note(
        html`Then put your own token in place of <code>${PLACEHOLDER}</code>, in <code>~/.cursor/mcp.json</code>.`,
      ),
    },
    {
      name: 'VS Code',
      link: {
        label: 'Add to VS Code',
        href: vsCodeLink('sequence', vsCode, sendsToken ? [TOKEN_INPUT] : []),
      },
      note: note(html`VS Code asks for your token once, and keeps it.`),
    },
    ...Object.entries(COMMANDS).map(([name, [command, login, withToken = FILL_IN]]) => ({
      name,
      code: { what: `${name} command`, text: fill(command) },
      note: note(withToken, login),
    })),
    {
      name: 'Claude Code, for a project',
      code: { what: '.mcp.json file', text: JSON.stringify(file, null, 2) },
      note: html`As <code>.mcp.json</code>. ${note(html`Each member’s own token is in the variable <code>SEQUENCE_TOKEN</code>.`)}`,
    },
  ];
}

/** Parts of a request to a model, for programs. */
function apis(url: string): ClientSetup[] {
  const tool = {
    type: 'mcp',
    server_label: 'sequence',
    server_url: url,
    authorization: PLACEHOLDER,
  };
  const server = { type: 'url', name: 'sequence', url, authorization_token: PLACEHOLDER };
  const toolset = { type: 'mcp_toolset', mcp_server_name: 'sequence' };
  const list = (key: string, element: object) => `"${key}": [${JSON.stringify(element, null, 2)}]`;
  const part = (name: string, text: string, note: Html) => ({
    name,
    code: { what: `part for the ${name}`, text },
    note,
  });
  return [
    part(
      'OpenAI Responses API',
      list('tools', tool),
      html`Both tools only read, so <code>"require_approval": "never"</code> is an option.`,
    ),
    part(
      'Anthropic Messages API',
      `${list('mcp_servers', server)},\n${list('tools', toolset)}`,
      html`With the header <code>anthropic-beta: mcp-client-2025-11-20</code>.`,
    ),
  ];
}

/** One word for a POSIX shell. A URL may hold `$(…)`, `;` or a quote; its percent form means the same. */
function shellWord(url: string): string {
  return /^[\w:/.%~-]+$/.test(url) ? url : `'${url.replaceAll("'", '%27')}'`;
}
