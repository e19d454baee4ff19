// A real authorization server in its own process. It logs every user in as `tester`, and registers any client.
// bun authorization-server.ts prints its issuer, and issues tokens for any resource on this machine.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const keyOf = async (alg: string) => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, kid: alg, use: 'sig' };
};
const provider = new Provider(issuer, {
  // ID tokens use RS256 by default; access tokens use ES256.
  jwks: { keys: [await keyOf('RS256'), await keyOf('ES256')] },
  cookies: { keys: ['of-a-test'] },
  scopes: ['openid', 'offline_access', 'sequence:read'],
  pkce: { required: () => true },
  findAccount: async (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: 'sequence:read',
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

server.on('request', async (request, response) => {
  if (!request.url?.startsWith('/interaction/')) return provider.callback()(request, response);
  // A person would do this on two pages: log in, and consent.
  const { params, prompt } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: 'tester' } });
  }
  const grant = new provider.Grant({ accountId: 'tester', clientId: String(params['client_id']) });
  grant.addOIDCScope(String(params['scope']));
  grant.addResourceScope(String(params['resource']), 'sequence:read');
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
});

process.stdout.write(`${issuer}\n`);
