// What the README says of proxies and a company's own certificates, on each runtime.
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect } from './support/clients.ts';
import { ownCertificate } from './support/faults.ts';
import { at, built, PROXY_VARIABLES } from './support/programs.ts';
import { startUpstream } from './support/upstream.ts';

const PAGE = '{"items":[],"pagination":{"totalResultSize":7}}';
const certificate = { NODE_EXTRA_CA_CERTS: at('test/support/tls/ca.pem') };

/** A proxy that leads every tunnel to one port here, whatever host it was asked for. */
async function startProxy(port: number, refusal?: number) {
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on('connect', ({ url }, socket) => {
    asked.push(url);
    socket.on('error', () => socket.destroy());
    if (refusal) return void socket.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\n\r\n`);
    const upstream = connectSocket(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    upstream
      .on('error', () => socket.destroy())
      .pipe(socket)
      .on('error', () => upstream.destroy())
      .pipe(upstream);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked,
    [Symbol.dispose]: () => void proxy.close(),
  };
}

describe.each(built)('on $name', (program) => {
  const call = async (url: string, more: Record<string, string>, args = program.args) => {
    const env = { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret', SEQUENCE_API_URL: url, ...more };
    await using client = await connect({ ...program, args }, { env });
    return await client.call('list_customer_aliases');
  };

  it('NODE_EXTRA_CA_CERTS adds a certificate', async () => {
    await using upstream = await startUpstream((_, response) => response.end(PAGE), ownCertificate);
    expect((await call(upstream.url, certificate)).structured.page.total).toBe(7);
  });

  it('HTTPS:// is https://', async () => {
    await using upstream = await startUpstream((_, response) => response.end(PAGE), ownCertificate);
    const { structured } = await call(upstream.url.replace('https', 'HTTPS'), certificate);
    expect(structured.page.total).toBe(7);
  });

  it.each(['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy'])(
    '%s is not for what is asked of this machine',
    async (variable) => {
      const asked: (string | undefined)[] = [];
      await using proxy = await startUpstream(({ url, headers }, response) => {
        asked.push(url, headers.authorization);
        response.end('{"items":[],"pagination":{"totalResultSize":666}}');
      });
      const settings = { [variable]: proxy.url, NODE_USE_ENV_PROXY: '1', ...certificate };
      // Under Deno a proxy carries https of this machine, encrypted; it cannot be told not to.
      for (const tls of program.name === 'deno' ? [undefined] : [undefined, ownCertificate]) {
        await using upstream = await startUpstream(({ url }, response) => {
          // A server is asked for a path; a whole address is for proxies.
          response.writeHead(url?.startsWith('/') ? 200 : 404).end(PAGE);
        }, tls);
        const blind = program.args.map((argument) => argument.replace(`,${PROXY_VARIABLES}`, ''));
        for (const args of program.name === 'deno' ? [program.args, blind] : [program.args]) {
          for (const name of ['127.0.0.1', 'localhost']) {
            const { structured } = await call(upstream.url.replace('127.0.0.1', name), settings, args);
            expect(structured.page.total).toBe(7);
          }
        }
      }
      expect(asked).toEqual([]);
    },
  );

  // Node has NODE_USE_ENV_PROXY from 22.21 and 24.5 on; these tests run on the oldest Node that is supported.
  it.skipIf(program.name === 'node')('HTTPS_PROXY leads through a proxy', async () => {
    await using upstream = await startUpstream((_, response) => response.end(PAGE), ownCertificate);
    using proxy = await startProxy(Number(new URL(upstream.url).port));
    const args = program.args.map((argument) => argument.replace('127.0.0.1,localhost', 'sequence.invalid'));
    const { structured } = await call('https://sequence.invalid/api', { ...certificate, HTTPS_PROXY: proxy.url }, args);
    expect(structured.page.total).toBe(7);
    expect(proxy.asked).toEqual(['sequence.invalid:443']);
  });

  it.skipIf(program.name === 'node').each([403, 407])('names the proxy that refuses with %i', async (refusal) => {
    using proxy = await startProxy(0, refusal);
    const args = program.args.map((argument) => argument.replace('127.0.0.1,localhost', 'sequence.invalid'));
    const { text } = await call('https://sequence.invalid/api', { HTTPS_PROXY: proxy.url }, args);
    expect(text).toMatch(/^unavailable: .*: a proxy on the way refused the connection .*check the proxy/);
  });
});
