// Proxies and a company's own certificates, as docs/INSTALL.md describes them, on each runtime.
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect } from './support/clients.ts';
import { ownCertificate } from './support/faults.ts';
import { at, built } from './support/programs.ts';
import { startUpstream } from './support/upstream.ts';

const PAGE = '{"items":[],"pagination":{"totalResultSize":7}}';
const certificate = { NODE_EXTRA_CA_CERTS: at('test/support/tls/ca.pem') };

/** A proxy that connects every tunnel to one local port, whatever its target. */
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
    const key = { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret', SEQUENCE_API_URL: url };
    // Deno would check for updates through the proxy.
    const env = { ...key, DENO_NO_UPDATE_CHECK: '1', ...more };
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
    '%s gets no request for loopback, and NO_PROXY allows the call',
    async (variable) => {
      await using proxy = await startUpstream((_, response) => response.end());
      const tls = variable === 'HTTPS_PROXY' ? ownCertificate : undefined;
      await using upstream = await startUpstream((_, response) => response.end(PAGE), tls);
      const settings = { [variable]: proxy.url, NODE_USE_ENV_PROXY: '1', ...certificate };
      for (const name of ['127.0.0.1', 'localhost']) {
        const url = upstream.url.replace('127.0.0.1', name);
        expect((await call(url, settings)).text).toMatch(
          new RegExp(`^configuration: .*${variable.toUpperCase()} could take the key elsewhere: set NO_PROXY=`),
        );
        expect(upstream.received.splice(0)).toEqual([]);
        const exempt = { ...settings, NO_PROXY: 'localhost,127.0.0.1,::1' };
        expect((await call(url, exempt)).structured.page.total).toBe(7);
        expect(upstream.received.splice(0)).toHaveLength(1);
      }
      expect(proxy.received).toEqual([]);
    },
  );

  it.runIf(program.name === 'deno')('a proxy that Deno hides gets no key either', async () => {
    await using proxy = await startUpstream((_, response) => response.end());
    const args = program.args.map((argument) => argument.replace(/^--allow-env=.*/, '--allow-env=SEQUENCE_*'));
    const { text } = await call('http://127.0.0.1:9', { HTTP_PROXY: proxy.url }, args);
    expect(text).toContain('Deno hides HTTP_PROXY from this program; if set, it could take the key elsewhere');
    expect(text).toContain("and start Deno with '--allow-env=SEQUENCE_*,NO_PROXY'");
    expect(proxy.received).toEqual([]);
  });

  // Node has NODE_USE_ENV_PROXY from 22.21 and 24.5 on; these tests run on the oldest supported Node.
  it.skipIf(program.name === 'node')('HTTPS_PROXY sends requests through a proxy', async () => {
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
