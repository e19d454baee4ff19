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

const NAME = 'sequence';
const TOKEN_VARIABLE = 'SEQUENCE_TOKEN';
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

const TOKEN_INPUT = {
  type: 'promptString',
  id: 'sequence-token',
  description: 'Your token for the Sequence endpoint',
  password: true,
} as const;

/** Programs on a person's own machine. */
function programs(url: string, { tokens, oauth }: AuthMethods): ClientSetup[] {
  const sendsToken = tokens && !oauth;
  const word = shellWord(url);
  const server = (token: string): ServerConfig =>
    sendsToken ? { url, headers: { Authorization: `Bearer ${token}` } } : { url };
  const header = sendsToken ? ` --header "Authorization: Bearer ${PLACEHOLDER}"` : '';
  const variable = sendsToken ? ` --bearer-token-env-var ${TOKEN_VARIABLE}` : '';
  const file = { mcpServers: { [NAME]: { type: 'http', ...server(`\${${TOKEN_VARIABLE}}`) } } };

  const note = (withToken: Html, login?: string) => {
    if (!oauth) return tokens ? withToken : html`No token is needed.`;
    return login ? html`Then <code>${login}</code>, to sign in.` : html`Then sign in.`;
  };
  const filledIn = html`With your own token in place of <code>${PLACEHOLDER}</code>.`;
  const command = (name: string, text: string, login?: string, withToken = filledIn) => ({
    name,
    code: { what: `${name} command`, text },
    note: note(withToken, login),
  });
  const installer = (name: string, href: string, withToken: Html) => ({
    name,
    link: { label: `Add to ${name}`, href },
    note: note(withToken),
  });

  return [
    command(
      'Claude Code',
      `claude mcp add --scope user --transport http ${NAME} ${word}${header}`,
      `claude mcp login ${NAME}`,
    ),
    {
      name: 'Claude Code, for a project',
      code: { what: '.mcp.json file', text: JSON.stringify(file, null, 2) },
      note: html`As <code>.mcp.json</code>. ${note(html`Each member’s own token is in the variable <code>${TOKEN_VARIABLE}</code>.`)}`,
    },
    command(
      'Codex',
      `codex mcp add ${NAME} --url ${word}${variable}`,
      `codex mcp login ${NAME}`,
      html`It reads your token from the variable <code>${TOKEN_VARIABLE}</code>. If it does not see a new one: <code>codex app-server daemon restart</code>.`,
    ),
    installer(
      'Cursor',
      cursorLink(NAME, server(PLACEHOLDER)),
      html`Then put your own token in place of <code>${PLACEHOLDER}</code>, in <code>~/.cursor/mcp.json</code>.`,
    ),
    installer(
      'VS Code',
      vsCodeLink(
        NAME,
        { type: 'http', ...server(`\${input:${TOKEN_INPUT.id}}`) },
        sendsToken ? [TOKEN_INPUT] : [],
      ),
      html`VS Code asks for your token once, and keeps it.`,
    ),
    command('Copilot CLI', `copilot mcp add --transport http${header} ${NAME} ${word}`),
    command(
      'Gemini CLI',
      `gemini mcp add --scope user --transport http ${NAME} ${word}${header}`,
      `/mcp auth ${NAME}`,
    ),
    command('Qwen Code', `qwen mcp add --scope user --transport http ${NAME} ${word}${header}`),
    command(
      'opencode',
      `opencode mcp add ${NAME} --url ${word}${header.replace(': ', '=')}`,
      `opencode mcp auth ${NAME}`,
    ),
    command('Cline', `cline mcp add ${NAME} ${word} --transport http${header} --yes`),
  ];
}

/** Parts of a request to a model, for programs. */
function apis(url: string): ClientSetup[] {
  const tool = { type: 'mcp', server_label: NAME, server_url: url, authorization: PLACEHOLDER };
  const server = { type: 'url', name: NAME, url, authorization_token: PLACEHOLDER };
  const toolset = { type: 'mcp_toolset', mcp_server_name: NAME };
  const part = (name: string, lists: Record<string, object>, note: Html) => ({
    name,
    code: { what: `part for the ${name}`, text: layOut(lists) },
    note,
  });
  return [
    part(
      'OpenAI Responses API',
      { tools: tool },
      html`Both tools only read, so <code>"require_approval": "never"</code> is an option.`,
    ),
    part(
      'Anthropic Messages API',
      { mcp_servers: server, tools: toolset },
      html`With the header <code>anthropic-beta: mcp-client-2025-11-20</code>.`,
    ),
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
