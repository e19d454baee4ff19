import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts the installed Chromium with a new profile. It only connects to the opened pages. */
export function launchChromium(): Promise<Browser> {
  const executablePath = [process.env['CHROMIUM'] ?? '', ...PLACES].find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('This needs Chromium: apt-get install chromium, or CHROMIUM=/path/to/chromium.');
  }
  const quiet = ['quic', 'background-networking', 'component-update', 'sync'].map((feature) => `--disable-${feature}`);
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet] });
}

/** A page and its problems. */
export interface Watched {
  readonly page: Page;
  /** Console messages, errors, and requests to any other address. */
  readonly complaints: readonly string[];
}

/** Opens an address in a new context. `before` runs in the page before the page's script. */
export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  before = '',
): Promise<Watched> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await page.addInitScript(before);
  await page.goto(url);
  return { page, complaints };
}
