import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { demoFetch } from '../../src/demo/demo-fetch.ts';
import type { Access } from '../../src/http/hosts.ts';
import { asksForPage, createPage, EXCHANGE, type PageOptions } from '../../src/http/page.ts';
import { connectTo } from '../support/call.ts';
import { linksIn, readInstallLink } from '../support/install-links.ts';

const URL_OF_TEAM = 'https://mcp.example.com/mcp';
const TOKENS: Access = { tokens: true, oauth: false };
const OAUTH: Access = { tokens: false, oauth: true };
const BOTH: Access = { tokens: true, oauth: true };
const OPEN: Access = { tokens: false, oauth: false };

async function pageOf(options: Partial<PageOptions> = {}) {
  const { status, headers, text } = await createPage({ url: URL_OF_TEAM, access: TOKENS, ...options })().then(
    async (response) => ({ status: response.status, headers: response.headers, text: await response.text() }),
  );
  const inside = (tag: string) =>
    [...text.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, it = '']) => it);
  return { status, headers, text, inside, hosts: inside('h3') };
}

describe('the page', () => {
  it('is one small document that says how long it may be kept', async () => {
    const url = `https://mcp.${'long-name.'.repeat(8)}example.com/mcp`;
    const { status, headers, text } = await pageOf({ url, access: BOTH, contact: 'c'.repeat(200), demo: false });
    expect(status).toBe(200);
    expect(Buffer.byteLength(text)).toBeLessThan(12_000);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'private, max-age=300',
      vary: 'Accept',
    });
  });

  it('allows its own style and script by their hashes, and nothing else', async () => {
    const { headers, text, inside } = await pageOf();
    const [style, ...moreStyles] = inside('style').map(hashSource);
    const [script, ...moreScripts] = inside('script').map(hashSource);
    expect([...moreStyles, ...moreScripts]).toEqual([]);
    expect(headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src ${style}; script-src ${script}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(text).not.toMatch(/\s(?:on\w+|style)=/);
    for (const [, address] of text.matchAll(/\s(?:src|href)="([^"]*)"/g)) {
      expect(address).toMatch(/^(?:data:image\/svg\+xml;base64,|cursor:|vscode:)/);
    }
  });

  it('shows what the tool really answers', async () => {
    await using mcp = await connectTo('http://localhost', { fetch: demoFetch });
    const { structured } = await mcp.call(EXCHANGE.tool, EXCHANGE.args);
    expect(EXCHANGE.result).toEqual(structured);
    const { text } = await pageOf();
    const shown = text.replace(/<[^>]*>/g, '').replaceAll('&quot;', '"');
    expect(shown).toContain(`${EXCHANGE.tool} ${JSON.stringify(EXCHANGE.args)}`);
    expect(shown).toContain(JSON.stringify(structured, null, 2));
  });

  it('names the hosts that fit how the endpoint authenticates', async () => {
    const signingIn = ['Claude', 'ChatGPT'];
    const programs = ['Claude Code', 'Codex', 'Cursor', 'VS Code'];
    const apis = ['OpenAI Responses API', 'Anthropic Messages API'];
    const hosts = async (access: Access, url = URL_OF_TEAM) => (await pageOf({ access, url })).hosts.slice(0, -1);
    expect(await hosts(TOKENS)).toEqual([...programs, ...apis]);
    expect(await hosts(OAUTH)).toEqual([...signingIn, ...programs, ...apis]);
    expect(await hosts(BOTH)).toEqual([...signingIn, ...programs, ...apis]);
    for (const access of [OPEN, TOKENS, BOTH])
      expect(await hosts(access, 'http://127.0.0.1:8080/mcp')).toEqual(programs);
  });

  it('mentions a token only where one is needed', async () => {
    expect((await pageOf({ access: OPEN, url: 'http://localhost:8080/mcp' })).text).not.toMatch(
      /YOUR_TOKEN|Bearer|sign in\./,
    );
    const [command] = (await pageOf({ access: OAUTH })).inside('pre').filter((text) => text.includes('claude mcp'));
    expect(command).not.toContain('YOUR_TOKEN');
    expect((await pageOf({ access: TOKENS })).text).not.toContain('OAuth');
  });

  it('links to what Cursor and VS Code would install', async () => {
    const installed = (text: string) => linksIn(text).flatMap((href) => readInstallLink(href) ?? []);
    expect(installed((await pageOf({ access: TOKENS })).text)).toEqual([
      {
        host: 'Cursor',
        name: 'sequence',
        config: { url: URL_OF_TEAM, headers: { Authorization: 'Bearer YOUR_TOKEN' } },
        inputs: [],
      },
      {
        host: 'VS Code',
        name: 'sequence',
        config: { type: 'http', url: URL_OF_TEAM, headers: { Authorization: `Bearer \${input:sequence-token}` } },
        inputs: [expect.objectContaining({ type: 'promptString', id: 'sequence-token', password: true })],
      },
    ]);
    expect(installed((await pageOf({ access: OAUTH })).text)).toEqual([
      { host: 'Cursor', name: 'sequence', config: { url: URL_OF_TEAM }, inputs: [] },
      { host: 'VS Code', name: 'sequence', config: { type: 'http', url: URL_OF_TEAM }, inputs: [] },
    ]);
    const claude = linksIn((await pageOf({ access: OAUTH })).text).find((href) =>
      href.startsWith('https://claude.ai/'),
    );
    expect(new URL(claude ?? '').searchParams.get('connectorUrl')).toBe(URL_OF_TEAM);
  });

  it.each([
    ['ops@example.com', 'mailto:ops@example.com'],
    ['a?subject=x&b@example.com', 'mailto:a%3Fsubject%3Dx%26b@example.com'],
    ['https://wiki.example.com/a?b=1&c=2', 'https://wiki.example.com/a?b=1&c=2'],
    ['the billing team', undefined],
    ['javascript:alert(1)', undefined],
    ['javascript://%0aalert(1)', undefined],
    ['https://example.com/ or call', undefined],
  ])('says whom to ask: %s', async (contact, href) => {
    const { text } = await pageOf({ contact });
    const links = linksIn(text).filter((link) => !readInstallLink(link));
    expect(links).toEqual(href === undefined ? [] : [href]);
    expect(text).toContain(contact.replaceAll('&', '&amp;'));
  });

  it('says so where nobody is named, and where the customers are made up', async () => {
    expect((await pageOf()).text).toContain('To get access, or for help, ask whoever sent you this address.');
    expect((await pageOf({ demo: true })).text).toContain('This is a demo: all of its customers are made up.');
    expect((await pageOf()).text).not.toContain('This is a demo');
    expect((await pageOf({ access: OPEN })).text).toContain('For help, ask whoever');
  });
});

describe('a hostile configuration', () => {
  const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&quot;\r\nx-evil: 1`;
  const shape = (text: string) => [...text.matchAll(/<[/!]?[a-z0-9]+/g)].join(' ');

  it('adds no tag, attribute or header', async () => {
    const harmless = await pageOf({ url: 'https://example.com/mcp', contact: 'somebody', access: BOTH });
    const hostile = await pageOf({ url: `https://example.com/${HOSTILE}`, contact: HOSTILE, access: BOTH });
    expect(shape(hostile.text)).toBe(shape(harmless.text));
    expect(hostile.text).not.toMatch(/<[^>]*\sonerror/);
    expect([...hostile.headers]).toEqual([...harmless.headers]);
  });

  it('stays inside its own field of a link, and one word of a command', async () => {
    const url = `https://example.com/$(touch x)'%41~~~;&name=evil#"mcp"é`;
    const { text } = await pageOf({ url, access: TOKENS });
    const installed = linksIn(text).map(readInstallLink);
    expect(installed.map((link) => [link?.name, link?.config.url])).toEqual([
      ['sequence', url],
      ['sequence', url],
    ]);
    expect(text).toContain('codex mcp add sequence --url &#39;https://example.com/$(touch x)%27%41~~~;&amp;name=evil#');
    const ipv6 = await pageOf({ url: 'http://[::1]:8080/mcp', access: OPEN });
    expect(ipv6.text).toContain('--url &#39;http://[::1]:8080/mcp&#39;');
  });
});

describe('who gets the page', () => {
  const asks = (path: string, method: string, accept?: string) =>
    asksForPage(new Request(`http://localhost${path}`, { method, headers: accept ? { accept } : {} }), path);

  it('anybody at the root, and a browser at the endpoint', () => {
    expect(asks('/', 'GET')).toBe(true);
    expect(asks('/', 'HEAD', '*/*')).toBe(true);
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    expect(asks('/mcp', 'GET', browser)).toBe(true);
    expect(asks('/mcp/', 'HEAD', browser)).toBe(true);
    expect(asks('/favicon.ico', 'GET', browser)).toBe(false);
    expect(asks('/healthz', 'GET', browser)).toBe(false);
  });

  it('no client of MCP', () => {
    expect(asks('/mcp', 'GET', 'text/event-stream')).toBe(false);
    expect(asks('/mcp', 'GET', '*/*')).toBe(false);
    expect(asks('/mcp', 'GET')).toBe(false);
    expect(asks('/', 'POST')).toBe(false);
    expect(asks('/mcp', 'POST', 'application/json, text/event-stream, text/html')).toBe(false);
  });
});

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
