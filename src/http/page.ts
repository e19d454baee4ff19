import { name } from '../about.ts';
import { type Access, type Host, hostsFor, PLACEHOLDER } from './hosts.ts';
import { Html, html } from './html.ts';
import { ICON_URL, SCRIPT, STYLE } from './page-assets.ts';

export interface PageOptions {
  /** The endpoint's public URL. */
  readonly url: string;
  readonly access: Access;
  /** Whom to ask for access: a mail address, an https URL or a few words. */
  readonly contact?: string | undefined;
  /** Whether the customers are made up. */
  readonly demo?: boolean;
}

/** The demo's answer to a question that people ask. A test holds it against the tool. */
export const EXCHANGE = {
  question: 'Whose is crm-1042?',
  tool: 'find_customer_by_alias',
  args: { alias: 'crm-1042' },
  result: { outcome: 'found', customerId: '01846922-d000-7efb-aee7-0000000f426a', label: 'CRM ID' },
} as const;

/** Whether a request is a person's, for the page: whoever reads the root, and a browser at the endpoint itself. */
export function asksForPage({ method, headers }: Request, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return (
    path === '/' || (/^\/mcp\/?$/.test(path) && /\btext\/html\b/i.test(headers.get('accept') ?? ''))
  );
}

/**
 * The page that a teammate opens: what this is, and how to connect. Everything in it is public and comes from the
 * configuration alone, so a request changes nothing but whether there is a body, which every runtime leaves out for HEAD.
 */
export function createPage(options: PageOptions): () => Promise<Response> {
  const body = render(options).text;
  // Only finished values are kept between requests: a Worker must not await what another request began.
  let headers: Record<string, string> | undefined;
  return async () => {
    headers ??= await pageHeaders();
    return new Response(body, { headers });
  };
}

async function pageHeaders(): Promise<Record<string, string>> {
  const policy = {
    'default-src': "'none'",
    'style-src': await hashSource(STYLE),
    'script-src': await hashSource(SCRIPT),
    'img-src': 'data:',
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  };
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': Object.entries(policy)
      .map((directive) => directive.join(' '))
      .join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    // A shared cache that overlooks Vary would answer an MCP client with it.
    'cache-control': 'private, max-age=300',
    vary: 'Accept',
  };
}

async function hashSource(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}

function render({ url, access, contact, demo = false }: PageOptions): Html {
  const { question, tool, args, result } = EXCHANGE;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>Sequence customers for AI agents</title>
<link rel="icon" href="${ICON_URL}">
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<img src="${ICON_URL}" alt="" width="56" height="56">
<h1>Which Sequence customer is this identifier?</h1>
<p class="lead">Your AI agent can ask here. Give it a CRM id, a workspace id or any other alias, and it finds the customer in Sequence.</p>
</header>
<main>
<figure>
<dl>
<dt>You ask</dt>
<dd>${question}</dd>
<dt>Your agent calls</dt>
<dd><pre><code><b>${tool}</b> ${JSON.stringify(args)}</code></pre></dd>
<dt>It reads</dt>
<dd class="warm"><pre><code>${coloured(result)}</code></pre></dd>
</dl>
<figcaption>An example: this customer is made up.</figcaption>
</figure>
<ul>
<li>The match is exact. A near miss comes back as a question, never as an answer.</li>
<li>It only reads. Nothing in Sequence can be changed from here.</li>
</ul>
<h2>Address</h2>
${copyable('address', url)}
<h2>Access</h2>
<p>${wayIn(access)} ${access.tokens || access.oauth ? 'To get access, or for help' : 'For help'}, ask ${contactLink(contact)}.${demo ? ' This is a demo: all of its customers are made up.' : ''}</p>
<h2>Connect</h2>
${hostsFor(url, access).map(section)}
<div class="host"><h3>Anything else</h3><div><p>${otherNote(access)}</p></div></div>
</main>
<footer>${name} is not a product of Sequence.</footer>
<p id="said" class="sr" role="status"></p>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`;
}

function section({ name, link, code, note }: Host): Html {
  return html`<section class="host"><h3>${name}</h3><div>
${link ? html`<a class="go" href="${link.href}">${link.label}</a>` : ''}${code ? copyable(code.what, code.text) : ''}
<p>${note}</p>
</div></section>
`;
}

function copyable(what: string, text: string): Html {
  return html`<div class="copy"><pre><code>${text}</code></pre><button type="button" hidden>Copy<span class="sr"> the ${what}</span></button></div>`;
}

/** JSON with its strings marked, a line for each field. */
function coloured(value: object): Html {
  const fields = Object.entries(value).map(
    ([key, field]) => html`  "${key}": <b>${JSON.stringify(field)}</b>`,
  );
  return html`{\n${fields.map((field, index) => html`${field}${index < fields.length - 1 ? ',\n' : '\n'}`)}}`;
}

function wayIn({ tokens, oauth }: Access): string {
  if (oauth && tokens)
    return 'Programs send a token of their own; people sign in when their agent first connects.';
  if (oauth) return 'You sign in when your agent first connects.';
  if (tokens) return 'You need a token of your own, which stays with you.';
  return 'Everybody on this machine may call; there is nothing to sign in to.';
}

function otherNote({ tokens, oauth }: Access): Html {
  const bearer = html`, with <code>Authorization: Bearer ${PLACEHOLDER}</code>${oauth ? ' or OAuth' : ''}`;
  return html`MCP over Streamable HTTP at the address above${oauth || tokens ? bearer : ''}.`;
}

function contactLink(contact: string | undefined): Html {
  if (contact === undefined) return html`whoever sent you this address`;
  if (/^https:\/\/\S+$/i.test(contact)) return html`at <a href="${contact}">${contact}</a>`;
  if (!/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(contact)) return html`${contact}`;
  return html`<a href="mailto:${encodeURIComponent(contact).replace('%40', '@')}">${contact}</a>`;
}
