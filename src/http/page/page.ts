import { html, raw } from 'hono/html';
import { name } from '../../about.ts';
import type { HttpConfig } from '../config.ts';
import { ICON_URL, SCRIPT, STYLE } from './assets.ts';
import { type ClientSetup, clientsFor, type Html, PLACEHOLDER } from './clients.ts';

export interface PageOptions extends Pick<HttpConfig, 'tokens' | 'oauth' | 'contact'> {
  readonly url: string;
  readonly demo: boolean;
}

const CUSTOMER_ID = '01846922-d000-7efb-aee7-0000000f426a';

/** Two example questions with the demo's answers. A test compares them with the tools. */
export const EXAMPLES = [
  {
    question: 'Whose is crm-1042?',
    tool: 'find_customer_by_alias',
    args: { alias: 'crm-1042' },
    result: { outcome: 'found', customerId: CUSTOMER_ID, label: 'CRM ID' },
  },
  {
    question: 'Which other identifiers has this customer?',
    tool: 'list_customer_aliases',
    args: { customerId: CUSTOMER_ID },
    /** Shortened to the labels and values of active aliases. */
    result: {
      'CRM ID': 'crm-1042',
      Workspace: 'ws_северный-хліб-43',
      'Billing contact': 'billing+42@mail.example',
      ERP: 'erp-20042',
      'Support desk': 'desk-7731',
    },
  },
] as const;

/** The page that a teammate opens. It is public and depends only on the configuration. */
export async function respondWithPage(options: PageOptions): Promise<Response> {
  const policy =
    `default-src 'none'; style-src ${await hashSource(STYLE)}; script-src ${await hashSource(SCRIPT)}; ` +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    // A shared cache that ignores Vary would serve the page to MCP clients.
    'cache-control': 'private, max-age=300',
    vary: 'Accept',
  };
  return new Response(String(await render(options)), { headers });
}

async function hashSource(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}

function render({ url, tokens, oauth, contact, demo }: PageOptions): Html {
  const takesTokens = tokens.length > 0;
  const isGuarded = takesTokens || oauth !== undefined;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>Sequence customers for AI agents</title>
<link rel="icon" href="${ICON_URL}">
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<img src="${ICON_URL}" alt="" width="56" height="56">
<h1>Which Sequence customer is this identifier?</h1>
<p class="lead">Your AI agent can ask here. Give it a CRM id, a workspace id or any other alias,
and it finds the customer in Sequence.</p>
<figure>
<dl>
${EXAMPLES.map(example)}
</dl>
<figcaption>An example, shortened. This customer is made up.</figcaption>
</figure>
<ul>
<li>The match is exact. A near miss comes back as a question, never as an answer.</li>
<li>It only reads. Nothing in Sequence can be changed from here.</li>
</ul>
<h2>Address</h2>
${copyable('address', url)}
<h2>Access</h2>
<p>${takesTokens && 'Programs send a token of their own.'}
${oauth && 'People sign in when their agent first connects.'}
${!isGuarded && 'Everybody on this machine may call, without a token.'}
${isGuarded ? 'To get access, or for help' : 'For help'}, ask ${contactLink(contact)}.
${demo && 'This is a demo: all of its customers are made up.'}</p>
<h2>Connect</h2>
${clientsFor(url, takesTokens, oauth !== undefined).map(section)}
<div class="host"><h3>Anything else</h3><div>
<p>MCP over Streamable HTTP at the address above.
${isGuarded && html`It takes <code>Authorization: Bearer ${PLACEHOLDER}</code>${oauth && ' or OAuth'}.`}</p>
</div></div>
</main>
<footer>${name} is not a product of Sequence.</footer>
<p id="said" class="sr" role="status"></p>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;
}

function example({ question, tool, args, result }: (typeof EXAMPLES)[number]): Html {
  return html`<dt>You ask</dt>
<dd class="ask">${question}</dd>
<dt>Your agent calls</dt>
<dd><pre><code>${tool} ${JSON.stringify(args)}</code></pre></dd>
<dt>It reads</dt>
<dd><pre><code>${JSON.stringify(result, null, 2)}</code></pre></dd>
`;
}

function section({ name, link, code, note }: ClientSetup): Html {
  return html`<section class="host"><h3>${name}</h3><div>
${link && html`<a class="go" href="${link}">Add to ${name}</a>`}
${code && copyable(`setup of ${name}`, code)}
<p>${note}</p>
</div></section>
`;
}

function copyable(what: string, text: string): Html {
  const button = html`<button type="button" hidden>Copy<span class="sr"> the ${what}</span></button>`;
  return html`<div class="copy"><pre><code>${text}</code></pre>${button}</div>`;
}

function contactLink(contact: string | undefined): Html {
  if (contact === undefined) return html`whoever sent you this address`;
  if (/^https:\/\/\S+$/i.test(contact)) return html`at <a href="${contact}">${contact}</a>`;
  if (!/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(contact)) return html`${contact}`;
  return html`<a href="mailto:${encodeURIComponent(contact).replace('%40', '@')}">${contact}</a>`;
}
