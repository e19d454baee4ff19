import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINTS, httpCases } from '../support/http-cases.ts';
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

  it.each(Object.entries(httpCases))(
    '%s',
    { concurrent: true },
    async (_, { endpoint, status, answers = {}, says, ...request }) => {
      const host = endpoint === 'OPEN' ? '127.0.0.1' : 'mcp.example.com';
      const answer = await send(servers[endpoint].url, request, host);
      expect(answer).toMatchObject({ status });
      for (const [name, pattern] of Object.entries(answers)) {
        if (pattern) expect(answer.headers[name], name).toMatch(pattern);
        else expect(answer.headers, name).not.toHaveProperty(name);
      }
      if (says) expect(answer.body).toMatch(says);
      // Whatever is refused says why, in JSON.
      if (status >= 400 && request.method !== 'HEAD') expect(JSON.parse(answer.body).error.message).toMatch(/\w/);
    },
  );
});
