import { type Html, html } from './html.ts';
import { cursorLink, type ServerConfig, vsCodeLink } from './install-links.ts';

/** How callers of an endpoint say who they are. Neither: everybody on this machine may call. */
export interface Access {
  readonly tokens: boolean;
  readonly oauth: boolean;
}

/** The shortest way to connect one host. */
export interface Host {
  readonly name: string;
  /** One click. */
  readonly link?: { readonly label: string; readonly href: string };
  /** A command or a piece of a request, to be copied; `what` completes “Copy the …”. */
  readonly code?: { readonly what: string; readonly text: string };
  readonly note: Html;
}

const NAME = 'sequence';
const TOKEN_VARIABLE = 'SEQUENCE_TOKEN';
/** Where a person puts their own token; never a real one. */
export const PLACEHOLDER = 'YOUR_TOKEN';

/**
 * The hosts that can connect to this endpoint. A host in a cloud reaches no loopback. ChatGPT and Claude take OAuth alone;
 * where it is offered, Claude Code and Cursor use it even if a header is configured; an API takes a token of either kind.
 */
export function hostsFor(url: string, access: Access): Host[] {
  const inClouds = url.startsWith('https:');
  return [
    ...(inClouds && access.oauth ? signingIn(url) : []),
    ...programs(url, access.oauth ? 'oauth' : access.tokens ? 'token' : 'none'),
    ...(inClouds && (access.tokens || access.oauth) ? apis(url) : []),
  ];
}

function signingIn(url: string): Host[] {
  const dialog = new URLSearchParams({
    modal: 'add-custom-connector',
    connectorName: 'Sequence',
    connectorUrl: url,
  });
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

/** Hosts on a person's own machine. */
function programs(url: string, way: 'oauth' | 'token' | 'none'): Host[] {
  const sends = (token: string) =>
    way === 'token' ? { headers: { Authorization: `Bearer ${token}` } } : {};
  const remote = (token: string): ServerConfig => ({ url, ...sends(token) });
  const inputs = {
    type: 'promptString',
    id: 'sequence-token',
    description: 'Your token for the Sequence endpoint',
    password: true,
  } as const;
  const note = (token: Html, oauth: Html) =>
    ({ token, oauth, none: html`No token is needed.` })[way];
  const word = shellWord(url);
  return [
    {
      name: 'Claude Code',
      code: {
        what: 'Claude Code command',
        text: `claude mcp add --scope user --transport http ${NAME} ${word}${way === 'token' ? ` --header "Authorization: Bearer ${PLACEHOLDER}"` : ''}`,
      },
      note: note(
        html`With your own token in place of <code>${PLACEHOLDER}</code>.`,
        html`Then <code>/mcp</code> in a session, to sign in.`,
      ),
    },
    {
      name: 'Codex',
      code: {
        what: 'Codex command',
        text: `codex mcp add ${NAME} --url ${word}${way === 'token' ? ` --bearer-token-env-var ${TOKEN_VARIABLE}` : ''}`,
      },
      note: note(
        html`Codex reads your token from the variable <code>${TOKEN_VARIABLE}</code> whenever it starts.`,
        html`Then <code>codex mcp login ${NAME}</code>, to sign in.`,
      ),
    },
    {
      name: 'Cursor',
      link: { label: 'Add to Cursor', href: cursorLink('app', NAME, remote(PLACEHOLDER)) },
      note: note(
        html`Then put your own token in place of <code>${PLACEHOLDER}</code>, in <code>~/.cursor/mcp.json</code>.`,
        html`Then sign in.`,
      ),
    },
    {
      name: 'VS Code',
      link: {
        label: 'Add to VS Code',
        href: vsCodeLink(
          'app',
          NAME,
          { type: 'http', ...remote(`\${input:${inputs.id}}`) },
          way === 'token' ? [inputs] : [],
        ),
      },
      note: note(html`VS Code asks for your token once, and keeps it.`, html`Then sign in.`),
    },
  ];
}

/** Pieces of a request to a model, for programs. */
function apis(url: string): Host[] {
  const tool = { type: 'mcp', server_label: NAME, server_url: url, authorization: PLACEHOLDER };
  const server = { type: 'url', name: NAME, url, authorization_token: PLACEHOLDER };
  const toolset = { type: 'mcp_toolset', mcp_server_name: NAME };
  return [
    {
      name: 'OpenAI Responses API',
      code: { what: 'part for the OpenAI Responses API', text: layOut({ tools: tool }) },
      note: html`Both tools only read, so <code>"require_approval": "never"</code> is an option.`,
    },
    {
      name: 'Anthropic Messages API',
      code: {
        what: 'part for the Anthropic Messages API',
        text: layOut({ mcp_servers: server, tools: toolset }),
      },
      note: html`With the header <code>anthropic-beta: mcp-client-2025-11-20</code>.`,
    },
  ];
}

/** Lists of one element, as they are pasted into a request's body. */
function layOut(lists: Record<string, object>): string {
  const fields = Object.entries(lists).map(
    ([key, element]) => `"${key}": [${JSON.stringify(element, null, 2)}]`,
  );
  return fields.join(',\n');
}

/** One word for a POSIX shell. A URL may hold `$(…)`, `;` or a quote; its percent form means the same. */
function shellWord(url: string): string {
  return /^[\w:/.%~-]+$/.test(url) ? url : `'${url.replaceAll("'", '%27')}'`;
}
