import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import packageJson from '../../package.json' with { type: 'json' };

export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** The requested paths, in order. */
  readonly requests: readonly string[];
}

/** An npm registry on loopback with one version of one package: this tarball. */
export async function serveRegistry(tarball: string): Promise<Registry> {
  const { name, version, bin, engines, type } = packageJson;
  const bytes = await readFile(tarball);
  const hash = (algorithm: string, encoding: 'base64' | 'hex') => createHash(algorithm).update(bytes).digest(encoding);
  const requests: string[] = [];

  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (request.url === `/${name}.tgz`) return response.end(bytes);
    if (request.url !== `/${name}`) return response.writeHead(404).end('{}');
    const dist = {
      tarball: `${url}/${name}.tgz`,
      integrity: `sha512-${hash('sha512', 'base64')}`,
      shasum: hash('sha1', 'hex'),
    };
    response.setHeader('content-type', 'application/json');
    return response.end(
      JSON.stringify({
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { name, version, type, bin, engines, dist } },
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;

  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
