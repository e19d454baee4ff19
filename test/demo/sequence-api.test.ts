import { describe, expect, it } from 'vitest';
import { createDemoAliases } from '../../src/demo/customers.ts';
import { createSequenceApi } from '../../src/demo/sequence-api.ts';
import { FILTERS } from '../support/upstream.ts';

const aliases = createDemoAliases();
const api = createSequenceApi(aliases);
const get = (query: string, headers: Record<string, string> = { authorization: 'Basic a2V5OnNlY3JldA==' }, on = api) =>
  on(new Request(`https://demo.invalid/api/customer-aliases${query}`, { headers }));

describe('the fake Sequence API', () => {
  it.each([
    ['?limit=0', 400],
    ['?limit=101', 400],
    ['?limit=x', 400],
    ['?after=garbage', 400],
    [`?after=${btoa(aliases[0]?.id ?? '')}&before=${btoa(aliases[9]?.id ?? '')}`, 400],
    ['?limit=100', 200],
    ['', 200],
  ])('answers %s with %i', (query, status) => expect(get(query).status).toBe(status));

  it('requires credentials and its one API version', async () => {
    expect(get('', {}).status).toBe(401);
    const unknown = get('', { authorization: 'Basic eDp5', 'sequence-version': '2020-01-01' });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({ error: { type: 'UnrecognisedApiVersion' } });
    expect(get('').headers.get('sequence-version')).toBe('2024-07-30');
  });

  it('has cursors only to existing pages, and the total of all pages', async () => {
    const { items, pagination } = (await get('?limit=2').json()) as { items: object[]; pagination: object };
    expect(items).toHaveLength(2);
    expect(pagination).toEqual({ after: btoa(aliases[1]?.id ?? ''), totalResultSize: aliases.length });
    expect(aliases.length).toBeGreaterThan(3_000);
  });

  it.each([
    ['exact', 'CRM-1042', []],
    ['case-insensitive', 'CRM-1042', ['crm-1042']],
    ['prefix', 'CRM-104', Array.from({ length: 10 }, (_, n) => `crm-104${n}`)],
    ['prefix', 'M-1042', []],
    ['substring', 'M-1042', ['crm-1042']],
    ['ignored', 'CRM-1042', aliases.slice(0, 20).map(({ value }) => value)],
  ] as const)('filters by value: %s', async (filter, value, expected) => {
    const on = createSequenceApi(aliases, FILTERS[filter]);
    const { items } = (await get(`?value=${value}`, undefined, on).json()) as { items: { value: string }[] };
    expect(items.map((item) => item.value)).toEqual(expected);
  });
});

describe('the demo account', () => {
  it('is sorted by id, each id once, and each active value once', () => {
    const ids = aliases.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    const active = aliases.filter(({ archivedAt, deletedAt }) => !archivedAt && !deletedAt).map(({ value }) => value);
    expect(new Set(active).size).toBe(active.length);
  });

  it('has archived, deleted, moved and multi-script aliases', () => {
    const scripts = ['Latin', 'Cyrillic', 'Greek', 'Han', 'Hangul', 'Arabic', 'Devanagari'];
    for (const script of scripts) {
      expect(aliases.some(({ value }) => new RegExp(`\\p{Script=${script}}`, 'u').test(value))).toBe(true);
    }
    expect(aliases.filter(({ archivedAt }) => archivedAt).length).toBeGreaterThan(50);
    expect(aliases.filter(({ deletedAt }) => deletedAt).length).toBeGreaterThan(20);
    expect(aliases.filter(({ value }) => value === 'crm-1200')).toHaveLength(2);
    const { customerId } = aliases.find(({ value }) => value === 'crm-1042') ?? {};
    const pages = aliases.flatMap((alias, n) => (alias.customerId === customerId ? [Math.floor(n / 100)] : []));
    expect(new Set(pages).size).toBeGreaterThan(3);
  });
});
