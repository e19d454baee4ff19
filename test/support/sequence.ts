import { once } from 'node:events';
import { createServer } from 'node:http';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { createSequenceApi } from '../../src/demo/sequence-api.ts';

/** The demo's account behind a port on loopback, and the credentials it was asked with, `id:secret`. */
export async function serveSequence() {
  const answer = createSequenceApi({ aliases: createDemoAliases() });
  const credentials: string[] = [];
  const server = createServer(async ({ url = '', headers }, response) => {
    const { authorization = '' } = headers;
    credentials.push(atob(authorization.replace('Basic ', '')));
    const answered = answer(new Request(`http://localhost${url}`, { headers: { authorization } }));
    response.writeHead(answered.status).end(await answered.text());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    host: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    credentials,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
