// The page of an endpoint, in a real browser. SCREENSHOTS=folder also saves screenshots there.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { respondWithPage } from '../../src/http/page/page.ts';
import { type HttpServer, startHttp } from '../support/http-server.ts';
import { readInstallLink } from '../support/install-links.ts';
import { node } from '../support/programs.ts';
import { launchChromium, open } from './chromium.ts';

const TOKEN = 'a-token-for-this-test';
const tokens = { SEQUENCE_MCP_TOKENS: `teammate:${createHash('sha256').update(TOKEN).digest('hex')}` };

const endpoints: HttpServer[] = [];
afterAll(() => Promise.all(endpoints.map((endpoint) => endpoint[Symbol.asyncDispose]())));

/** Starts an endpoint with the demo on loopback, and returns its URL. */
async function startEndpoint(env: Record<string, string>): Promise<string> {
  const endpoint = await startHttp(node, { flags: ['--demo'], env });
  endpoints.push(endpoint);
  return endpoint.url;
}

const browser = await launchChromium();
afterAll(() => browser.close());
let url: string;
let openUrl: string;
beforeAll(async () => {
  url = await startEndpoint({ ...tokens, SEQUENCE_MCP_CONTACT: 'billing-ops@example.com' });
  openUrl = await startEndpoint({});
});

const codes = (page: Page) => page.locator('.copy code').allTextContents();

describe('the page in Chromium', () => {
  const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
    [320, 390, 1280].map((width) => ({ colorScheme, width, name: `${colorScheme}, ${width} wide` })),
  );

  it.each(looks)('is accessible, without errors, and fits the window: $name', async ({ colorScheme, width }) => {
    const viewport = { width, height: 800 };
    const { page, complaints } = await open(browser, url, { colorScheme, viewport }, axe.source);
    expect(complaints).toEqual([]);
    expect(await findings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const isLight = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.startsWith('rgb(2'));
    expect(isLight).toBe(colorScheme === 'light');
    const folder = process.env['SCREENSHOTS'];
    if (folder) await page.screenshot({ path: join(folder, `${colorScheme}-${width}.png`), fullPage: true });
  });

  it('is accessible with every host, and without styles', async () => {
    const oauth = { issuer: 'https://id.example.com', audience: [], scopes: [], callerClaim: undefined };
    const tokens = [{ name: 'teammate', sha256: 'f'.repeat(64) }];
    const options = { url: 'https://mcp.example.com/mcp', tokens, oauth, contact: undefined, demo: false };
    const full = await (await respondWithPage(options)).text();
    for (const body of [full, full.replace(/<style>.*<\/style>/s, '')]) {
      const { page } = await open(browser, 'data:text/html,', {}, axe.source);
      await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body }));
      await page.goto(url);
      expect(await page.locator('h3').count()).toBe(13);
      expect(await findings(page)).toEqual([]);
    }
  });

  it('is the same at the root', async () => {
    const root = await open(browser, new URL('/', url).href);
    expect(root.complaints).toEqual([]);
    expect(await codes(root.page)).toEqual(await codes((await open(browser, url)).page));
  });

  it('is readable without script', async () => {
    const { page, complaints } = await open(browser, url, { javaScriptEnabled: false });
    expect(complaints).toEqual([]);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.locator('.copy code').first().isVisible()).toBe(true);
    expect((await codes(page))[0]).toBe(url);
  });

  it('every link and button can be focused by keyboard, in order and visibly', async () => {
    const { page } = await open(browser, url);
    const names = await page.locator('a, button').allTextContents();
    const reached: string[] = [];
    for (const _ of names) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      reached.push((await focused.textContent()) ?? '');
      expect(await focused.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid');
    }
    expect(reached).toEqual(names);
  });

  it('copies the text beside a button, and says so', async () => {
    const { page, complaints } = await open(browser, url, { permissions: ['clipboard-read', 'clipboard-write'] });
    const texts = await codes(page);
    expect(texts[0]).toBe(url);
    for (const [index, text] of texts.entries()) {
      const button = page.getByRole('button').nth(index);
      expect(await button.textContent()).toMatch(/^Copy the \w+/);
      await button.press('Enter');
      await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor({ state: 'attached' });
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text);
      expect(await button.textContent()).toMatch(/^Copied the \w+/);
    }
    await page.getByRole('button', { name: 'Copy the address' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('selects the text if copying is not allowed', async () => {
    const refuse = 'navigator.clipboard.writeText = () => Promise.reject(new Error("no"));';
    const { page, complaints } = await open(browser, url, {}, refuse);
    await page.getByRole('button', { name: 'Copy the address' }).click();
    await page.getByRole('status').filter({ hasText: 'Selected' }).waitFor({ state: 'attached' });
    expect(await page.evaluate(() => String(getSelection()))).toBe(url);
    expect(complaints).toEqual([]);
  });
});

describe('the links install a working server', () => {
  const found = { outcome: 'found', label: 'CRM ID' };
  const installed = async (address: string) => {
    const { page } = await open(browser, address);
    const hrefs = await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
    return hrefs.flatMap((href) => readInstallLink(href) ?? []);
  };

  it.each(['Cursor', 'VS Code'])('with tokens, in %s', async (host) => {
    const server = (await installed(url)).find((link) => link.host === host);
    const [input] = server?.inputs ?? [];
    const blank = input ? `\${input:${input.id}}` : 'YOUR_TOKEN';
    const headers = JSON.stringify(server?.config.headers);
    expect(headers).toContain(blank);
    expect(await ask(server?.config.url, JSON.parse(headers.replace(blank, TOKEN)))).toMatchObject(found);
    await expect(ask(server?.config.url, JSON.parse(headers))).rejects.toThrow();
  });

  it.each(['Cursor', 'VS Code'])('without tokens, in %s', async (host) => {
    const server = (await installed(openUrl)).find((link) => link.host === host);
    expect(server?.config).not.toHaveProperty('headers');
    expect(await ask(server?.config.url)).toMatchObject(found);
  });
});

/** Calls the endpoint like a host, with the configured headers. */
async function ask(address = '', headers: Record<string, string> = {}) {
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(address), { requestInit: { headers } });
  try {
    // The v1 types predate exactOptionalPropertyTypes.
    await client.connect(transport as Transport);
    const call = { name: 'find_customer_by_alias', arguments: { alias: 'crm-1042' } };
    return (await client.callTool(call)).structuredContent;
  } finally {
    await client.close();
  }
}

/** Violations and incomplete checks of axe, by rule and element. */
async function findings(page: Page): Promise<string[]> {
  const { violations, incomplete } = await page.evaluate(async (): Promise<AxeResults> => {
    const { axe } = window as typeof window & { axe: { run: (options: object) => Promise<AxeResults> } };
    return axe.run({ rules: { 'target-size': { enabled: true } } });
  });
  return [...violations, ...incomplete].flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
