// A person with a browser, and the OAuth part of an MCP host.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { at, cleanEnv } from './programs.ts';

/** The authorization server, in its own process. */
export async function startAuthorizationServer(): Promise<AsyncDisposable & { readonly issuer: string }> {
  const bun = at('node_modules/.bin/bun');
  const child = spawn(bun, [at('test/support/authorization-server.ts')], { env: cleanEnv(), stdio: 'pipe' });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const issuer = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.on('close', (code) => reject(new Error(`ended with ${code}: ${stderr}`)));
  });
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const CALLBACK = 'http://127.0.0.1:1/callback';

/** A host's OAuth state. Implements the providers of both SDKs. */
export class Login {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata = {
    client_name: 'test',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  /** The URL that the host opened for the person. */
  sentTo: URL | undefined;
  accessToken = '';
  #client: { client_id: string } | undefined;
  #tokens: { access_token: string; token_type: string } | undefined;
  #verifier = '';
  // biome-ignore lint/suspicious/noExplicitAny: opaque to the tests.
  #discovered: any;

  clientInformation() {
    return this.#client;
  }
  saveClientInformation(client: { client_id: string }) {
    this.#client = client;
  }
  tokens() {
    return this.#tokens;
  }
  saveTokens(tokens: { access_token: string; token_type: string }) {
    this.#tokens = tokens;
    this.accessToken = tokens.access_token;
  }
  redirectToAuthorization(url: URL) {
    this.sentTo = url;
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
  saveDiscoveryState(discovered: object) {
    this.#discovered = discovered;
  }
  discoveryState() {
    return this.#discovered;
  }

  /** Follows the redirects like a browser, to the host's callback URL. */
  async logIn(): Promise<URLSearchParams> {
    const cookies = new Map<string, string>();
    for (let url = this.sentTo; url; ) {
      if (url.href.startsWith(CALLBACK)) return url.searchParams;
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response: Response = await fetch(url, { headers: { cookie }, redirect: 'manual' });
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
      url = new URL(location, url);
    }
    throw new Error('the host opened no login page');
  }
}
