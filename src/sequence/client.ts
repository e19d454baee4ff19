import PQueue from 'p-queue';
import type { ApiConfig } from '../config.ts';
import { type Deadline, pause } from '../deadline.ts';
import { NOBODYS_FAULT, SequenceError } from '../errors.ts';
import type { Log } from '../log.ts';
import { errorOfAnswer, errorOfNetwork, errorOfShape, retryAfterMs } from './failures.ts';
import { nodeFetch } from './node-fetch.ts';
import { type CustomerAlias, customerAliasPage } from './schema.ts';
import { type Answer, type Fetch, NetworkFailure, sendOnce } from './transport.ts';

const MAX_TRIES = 3;
const MAX_REQUESTS_IN_FLIGHT = 8;
/** The longest wait before the first retry; before the second it is twice as much. */
const BACKOFF_MS = 500;

const { bun, deno } = process.versions;
const platformFetch: Fetch = bun || deno ? globalThis.fetch : nodeFetch;

/** Query of `GET /customer-aliases`. Cursors come from an earlier page and travel unchanged. */
export interface AliasQuery {
  readonly value?: string | undefined;
  /** 1 to 100 by Sequence's rule. */
  readonly limit: number;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** One page, in Sequence's order. A cursor is there only when that page exists. */
export interface AliasPage {
  readonly items: readonly CustomerAlias[];
  readonly after: string | undefined;
  readonly before: string | undefined;
  /** Aliases on all pages of this query together. */
  readonly total: number | undefined;
}

export interface SequenceClient {
  /** Fetches one page. Rejects with a `SequenceError`, or with the signal's reason once that is aborted. */
  listCustomerAliases(query: AliasQuery, deadline: Deadline): Promise<AliasPage>;
}

export interface ClientOptions {
  readonly userAgent: string;
  readonly log: Log;
  readonly fetch?: Fetch;
  /** Limit of one try in milliseconds, body included. */
  readonly tryTimeoutMs?: number;
}

/** A client of one Sequence account. Its limits on requests hold for all that is asked of it together. */
export function createSequenceClient(api: ApiConfig, options: ClientOptions): SequenceClient {
  const { userAgent, log, fetch = platformFetch, tryTimeoutMs = 10_000 } = options;
  const queue = new PQueue({
    concurrency: MAX_REQUESTS_IN_FLIGHT,
    interval: 60_000,
    intervalCap: api.requestsPerMinute,
    strict: true,
  });

  /** One try, from its turn in the queue on; a failure of the network is an outcome like any other. */
  async function attempt(url: string, { signal }: Deadline): Promise<Answer | NetworkFailure> {
    const start = performance.now();
    const headers = {
      authorization: api.authorization.reveal(),
      'sequence-version': api.version,
      accept: 'application/json',
      'user-agent': userAgent,
    };
    const note = (outcome: string | number) =>
      log('debug', `GET /customer-aliases: ${outcome}, ${Math.round(performance.now() - start)} ms`);
    try {
      const answer = await sendOnce(fetch, url, headers, tryTimeoutMs, signal);
      note(answer.status);
      return answer;
    } catch (error) {
      note(error instanceof Error ? error.message : 'aborted');
      if (error instanceof NetworkFailure) return error;
      throw error;
    }
  }

  /** Runs `work` in its turn. A deadline that ends before that says so: nobody else was slow. */
  async function takeTurn<T>(work: () => Promise<T>, { signal }: Deadline): Promise<T> {
    let waiting = true;
    const start = () => {
      waiting = false;
      return work();
    };
    try {
      return await queue.add(start, { signal });
    } catch (error) {
      if (!waiting || !(error instanceof SequenceError)) throw error;
      const limits = `${MAX_REQUESTS_IN_FLIGHT} at once and ${api.requestsPerMinute} a minute`;
      const why = `This server allows itself ${limits} (SEQUENCE_REQUESTS_PER_MINUTE), and that was used up.`;
      throw new SequenceError('timeout', why, 'Try again in a minute.');
    }
  }

  async function get(url: string, deadline: Deadline): Promise<string> {
    for (let tries = 1; ; tries++) {
      const outcome = await takeTurn(() => attempt(url, deadline), deadline);
      if ('status' in outcome && outcome.status < 300) return outcome.text;

      const wait = tries < MAX_TRIES ? waitBeforeRetry(outcome, tries) : undefined;
      if (wait === undefined || performance.now() + wait >= deadline.endsAt) {
        throw 'status' in outcome ? errorOfAnswer(outcome, api, tries) : errorOfNetwork(outcome, api, tries);
      }
      await pause(wait, deadline.signal);
    }
  }

  return {
    async listCustomerAliases(query, deadline) {
      const parsed = customerAliasPage.safeParse(parseJson(await get(urlOf(api, query), deadline)));
      if (!parsed.success) throw errorOfShape(parsed.error.issues[0]?.path ?? []);
      const { items, pagination } = parsed.data;
      return {
        items,
        after: pagination.after || undefined,
        before: pagination.before || undefined,
        total: pagination.totalResultSize ?? undefined,
      };
    },
  };
}

function urlOf(api: ApiConfig, query: AliasQuery): string {
  const parameters = new URLSearchParams({ limit: String(query.limit) });
  for (const name of ['value', 'after', 'before'] as const) {
    const value = query[name];
    if (value !== undefined) parameters.set(name, value);
  }
  return `${api.url}/customer-aliases?${parameters}`;
}

/** Milliseconds until the next try, or nothing where another try cannot help. */
function waitBeforeRetry(outcome: Answer | NetworkFailure, tries: number): number | undefined {
  // Full jitter, so that clients which failed together do not come back together.
  const backoff = Math.random() * BACKOFF_MS * 2 ** (tries - 1);
  if (!('status' in outcome)) return backoff;
  if (outcome.status !== 429 && outcome.status < 500) return undefined;
  return retryAfterMs(outcome.headers) ?? backoff;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SequenceError('unexpected_response', 'Sequence sent something that is not JSON.', NOBODYS_FAULT);
  }
}
