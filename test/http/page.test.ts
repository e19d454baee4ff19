import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { demoFetch } from '../../src/demo/demo-fetch.ts';
import type { OAuthConfig } from '../../src/http/config.ts';
import { EXAMPLES, type PageOptions, respondWithPage } from '../../src/http/page/page.ts';
import { connectTo } from '../support/call.ts';
import { linksIn, readInstallLink } from '../support/install-links.ts';

const URL_OF_TEAM = 'https://mcp.example.com/mcp';
const tokens = [{ name: 'ci', sha256: 'f'.repeat(64) }];
const oauth: OAuthConfig = { issuer: 'https://id.example.com', audience: [], scopes: [], callerClaim: undefined };
type Access = Pick<PageOptions, 'tokens' | 'oauth'>;
const TOKENS: Access = { tokens, oauth: undefined };
const OAUTH: Access = { tokens: [], oauth };
const BOTH: Access = { tokens, oauth };
const OPEN: Access = { tokens: [], oauth: undefined };
const DEFAULTS = { url: URL_OF_TEAM, ...TOKENS, contact: undefined, demo: false };

async function pageOf(options: Partial<PageOptions> = {}) {
  const response = await respondWithPage({ ...DEFAULTS, ...options });
  const { status, headers } = response;
  const text = await response.text();
  const inside = (tag: string) =>
    [...text.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, it = '']) => it);
  return { status, headers, text, inside, hosts: inside('h3') };
}

describe('the page', () => {
  it('is one small document with a cache lifetime', async () => {
    const url = `https://mcp.${'long-name.'.repeat(8)}example.com/mcp`;
    const { status, headers, text } = await pageOf({ ...BOTH, url, contact: 'c'.repeat(200) });
    expect(status).toBe(200);
    expect(gzipSync(text).byteLength).toBeLessThan(10_000);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=300',
      vary: 'Accept',
    });
  });

  it('allows only its own style and script, by their hashes', async () => {
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

  it('shows real results of the tools', async () => {
    await using mcp = await connectTo('http://localhost', { fetch: demoFetch });
    const [find, list] = EXAMPLES;
    expect((await mcp.call(find.tool, find.args)).structured).toEqual(find.result);
    const { structured } = await mcp.call(list.tool, list.args);
    const aliases = structured?.['aliases'] as { label: string; value: string; status?: string }[];
    const active = aliases.filter(({ status }) => status === undefined);
    expect(active.map(({ label, value }) => [label, value])).toEqual(Object.entries(list.result));
    const shown = (await pageOf()).text.replace(/<[^>]*>/g, '').replaceAll('&quot;', '"');
    for (const { tool, args, result } of [find, list]) {
      expect(shown).toContain(`${tool} ${JSON.stringify(args)}`);
      expect(shown).toContain(JSON.stringify(result, null, 2));
    }
  });

  it('names the hosts that support the endpoint’s authentication', async () => {
    const signingIn = ['Claude', 'ChatGPT'];
    const programs = [
      ...['Cursor', 'VS Code', 'Claude Code', 'Codex', 'Copilot CLI', 'Gemini CLI', 'Qwen Code'],
      ...['opencode', 'Cline', 'Claude Code, for a project'],
    ];
    const hosts = async (access: Access, url = URL_OF_TEAM) => (await pageOf({ ...access, url })).hosts.slice(0, -1);
    expect(await hosts(TOKENS)).toEqual(programs);
    expect(await hosts(OAUTH)).toEqual([...signingIn, ...programs]);
    expect(await hosts(BOTH)).toEqual([...signingIn, ...programs]);
    for (const access of [OPEN, TOKENS, BOTH])
      expect(await hosts(access, 'http://127.0.0.1:8080/mcp')).toEqual(programs);
  });

  it('mentions a token only if one is needed', async () => {
    expect((await pageOf({ ...OPEN, url: 'http://localhost:8080/mcp' })).text).not.toMatch(
      /YOUR_TOKEN|Bearer|sign in\./,
    );
    const [command] = (await pageOf({ ...OAUTH })).inside('pre').filter((text) => text.includes('claude mcp'));
    expect(command).not.toContain('YOUR_TOKEN');
    expect((await pageOf({ ...TOKENS })).text).not.toContain('OAuth');
  });

  it('has a tested command for each program', async () => {
    const header = '--header "Authorization: Bearer YOUR_TOKEN"';
    const project = (server: object) =>
      JSON.stringify({ mcpServers: { sequence: { type: 'http', ...server } } }, null, 2);
    const lines = async (access: Access) =>
      (await pageOf(access)).inside('pre').map((text) => text.replace(/<[^>]*>/g, '').replaceAll('&quot;', '"'));
    expect(await lines(TOKENS)).toEqual(
      expect.arrayContaining([
        `claude mcp add --scope user --transport http sequence ${URL_OF_TEAM} ${header}`,
        project({ url: URL_OF_TEAM, headers: { Authorization: `Bearer \${SEQUENCE_TOKEN}` } }),
        `codex mcp add sequence --url ${URL_OF_TEAM} --bearer-token-env-var SEQUENCE_TOKEN`,
        `copilot mcp add --transport http ${header} sequence ${URL_OF_TEAM}`,
        `gemini mcp add --scope user --transport http sequence ${URL_OF_TEAM} ${header}`,
        `qwen mcp add --scope user --transport http sequence ${URL_OF_TEAM} ${header}`,
        `opencode mcp add sequence --url ${URL_OF_TEAM} --header "Authorization=Bearer YOUR_TOKEN"`,
        `cline mcp add sequence ${URL_OF_TEAM} --transport http ${header} --yes`,
      ]),
    );
    expect(await lines(OAUTH)).toEqual(
      expect.arrayContaining([
        `claude mcp add --scope user --transport http sequence ${URL_OF_TEAM}`,
        project({ url: URL_OF_TEAM }),
        `opencode mcp add sequence --url ${URL_OF_TEAM}`,
      ]),
    );
    expect((await pageOf(OAUTH)).text).toContain('<code>claude mcp login sequence</code>');
    expect((await pageOf(TOKENS)).text).toContain('<code>codex app-server daemon restart</code>');
  });

  it('has install links for Cursor and VS Code', async () => {
    const installed = (text: string) => linksIn(text).flatMap((href) => readInstallLink(href) ?? []);
    expect(installed((await pageOf({ ...TOKENS })).text)).toEqual([
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
    expect(installed((await pageOf({ ...OAUTH })).text)).toEqual([
      { host: 'Cursor', name: 'sequence', config: { url: URL_OF_TEAM }, inputs: [] },
      { host: 'VS Code', name: 'sequence', config: { type: 'http', url: URL_OF_TEAM }, inputs: [] },
    ]);
    const claude = linksIn((await pageOf({ ...OAUTH })).text).find((href) => href.startsWith('https://claude.ai/'));
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

  it('says so if there is no contact or the customers are made up', async () => {
    expect((await pageOf()).text).toContain('To get access, or for help, ask whoever sent you this address.');
    expect((await pageOf({ demo: true })).text).toContain('This is a demo: all of its customers are made up.');
    expect((await pageOf()).text).not.toContain('This is a demo');
    expect((await pageOf({ ...OPEN })).text).toContain('For help, ask whoever');
  });
});

describe('a hostile configuration', () => {
  const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&quot;\r\nx-evil: 1`;
  const shape = (text: string) => [...text.matchAll(/<[/!]?[a-z0-9]+/g)].join(' ');

  it('adds no tag, attribute or header', async () => {
    const harmless = await pageOf({ url: 'https://example.com/mcp', contact: 'a-colleague', ...BOTH });
    const hostile = await pageOf({ url: `https://example.com/${HOSTILE}`, contact: HOSTILE, ...BOTH });
    expect(shape(hostile.text)).toBe(shape(harmless.text));
    expect(hostile.text).not.toMatch(/<[^>]*\sonerror/);
    expect([...hostile.headers]).toEqual([...harmless.headers]);
  });

  it('stays inside its field of a link and its word of a command', async () => {
    const url = `https://example.com/$(touch x)'%41~~~;&name=evil#"mcp"é`;
    const { text } = await pageOf({ url, ...TOKENS });
    const installed = linksIn(text).map(readInstallLink);
    expect(installed.map((link) => [link?.name, link?.config.url])).toEqual([
      ['sequence', url],
      ['sequence', url],
    ]);
    expect(text).toContain('codex mcp add sequence --url &#39;https://example.com/$(touch x)%27%41~~~;&amp;name=evil#');
    const ipv6 = await pageOf({ url: 'http://[::1]:8080/mcp', ...OPEN });
    expect(ipv6.text).toContain('--url &#39;http://[::1]:8080/mcp&#39;');
  });
});

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
