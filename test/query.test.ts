// A value as Sequence receives it, decoded like a form (`+` is a space) and by RFC 3986 (`+` is a plus).
import { describe, expect, it } from 'vitest';
import { connect } from './support/clients.ts';
import { built } from './support/programs.ts';
import { startUpstream } from './support/upstream.ts';

const VALUES = ['acme corp', 'a+b', ' + ', '%20', '%2B+', 'a&limit=1#x?y=z', "!'()*~-._", 'żółć 🔑', '“\\”/;:@,$\t'];

describe.each(built)('on $name', (program) => {
  it('is the requested value, however the server decodes it', async () => {
    await using upstream = await startUpstream(({ url = '' }, response) => {
      const asked = /[?&]value=([^&]*)/.exec(url)?.[1] ?? '';
      const rfc3986 = decodeURIComponent(asked);
      const form = decodeURIComponent(asked.replaceAll('+', ' '));
      const items = [form, rfc3986].map((value, n) => {
        return { id: `${n}`, sequenceAccountId: 's', customerId: `c${n}`, value, createdAt: 't' };
      });
      response.end(JSON.stringify({ items, pagination: {} }));
    });
    await using client = await connect(program, {
      env: { SEQUENCE_CLIENT_ID: 'key', SEQUENCE_CLIENT_SECRET: 'secret', SEQUENCE_API_URL: upstream.url },
    });
    for (const value of VALUES) {
      const { structured } = await client.call('list_customer_aliases', { value });
      const seen = structured.aliases.map((row: { value: string }) => row.value);
      const shown = value.replace('\t', '\\u{9}');
      expect(seen).toEqual([shown, shown]);
    }
    // Cursors of either kind are encoded alike.
    await client.call('list_customer_aliases', { after: 'MDE4 +/==' });
    expect(upstream.received.at(-1)?.url.search).toBe('?limit=25&after=MDE4%20%2B%2F%3D%3D');
  });
});
