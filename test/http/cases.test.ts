import { afterAll, beforeAll, describe, it } from 'vitest';
import { ENDPOINTS, expectAnswer, httpCases } from '../support/http-cases.ts';
import { type HttpServer, startHttp } from '../support/http-server.ts';
import { built } from '../support/programs.ts';
import { send } from '../support/raw-http.ts';

describe.each(built)('the endpoint on $name answers', (program) => {
  const servers = {} as Record<keyof typeof ENDPOINTS, HttpServer>;
  beforeAll(async () => {
    for (const name of ['OPEN', 'GUARDED'] as const) {
      servers[name] = await startHttp(program, { flags: ['--demo'], env: ENDPOINTS[name] });
    }
  });
  afterAll(async () => {
    for (const server of Object.values(servers)) await server[Symbol.asyncDispose]();
  });

  it.each(Object.entries(httpCases))('%s', { concurrent: true }, async (_, expected) => {
    const { endpoint, ...request } = expected;
    const host = endpoint === 'OPEN' ? '127.0.0.1' : 'mcp.example.com';
    expectAnswer(await send(servers[endpoint].url, request, host), expected);
  });
});
