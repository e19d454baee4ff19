import ky, { HTTPError } from 'ky';
import PQueue from 'p-queue';
import type { ApiConfig } from '../config.ts';
import type { Deadline } from '../deadline.ts';
import { NOBODYS_FAULT, SequenceError } from '../errors.ts';
import type { Log } from '../log.ts';
import { errorOfNetwork, errorOfShape, errorOfStatus, retryAfterMs } from './failures.ts';
import { type CustomerAlias, customerAliasPage } from './schema.ts';
import { type Fetch, NetworkFailure, sendOnce } from './transport.ts';

const MAX_TRIES = 3;
const MAX_REQUESTS_IN_FLIGHT = 8;
/** Before the first retry up to this, before the second up to twice as much, at random (full jitter). */
const BACKOFF_MS = 500;
const RETRIED_STATUSES = [429, ...Array.from({ length: 100 }, (_, index) => 500 + index)];

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
  readonly fetch: Fetch;
  /** Limit of one try in milliseconds, body included. */
  readonly tryTimeoutMs?: number;
}

/** A client of one Sequence account. Its limits on requests hold for all that is asked of it together. */
export function createSequenceClient(api: ApiConfig, options: ClientOptions): SequenceClient {
  const { userAgent, log, fetch, tryTimeoutMs = 10_000 } = options;
  const queue = new PQueue({
    concurrency: MAX_REQUESTS_IN_FLIGHT,
    interval: 60_000,
    intervalCap: api.requestsPerMinute,
    strict: true,
  });
  const http = ky.create({
    redirect: 'manual',
    // A try's limit starts when its turn in the queue comes, so it is kept in `sendOnce`.
    timeout: false,
    fetch: (input) => {
      const request = input as Request;
      return queue.add(() => sendLogged(request), { signal: request.signal });
    },
  });

  async function sendLogged(request: Request): Promise<Response> {
    const start = performance.now();
    const outcome = (what: string | number) =>
      log('debug', `GET /customer-aliases: ${what} after ${Math.round(performance.now() - start)} ms`);
    try {
      const response = await sendOnce(request, {
        headers: {
          authorization: api.authorization.reveal(),
          'sequence-version': api.version,
          accept: 'application/json',
          'user-agent': userAgent,
        },
        timeoutMs: tryTimeoutMs,
        fetch,
      });
      outcome(response.status);
      return response;
    } catch (error) {
      outcome(error instanceof SequenceError || error instanceof NetworkFailure ? error.message : 'aborted');
      throw error;
    }
  }

  async function get(query: AliasQuery, deadline: Deadline): Promise<string> {
    const searchParams = new URLSearchParams({ limit: String(query.limit) });
    for (const name of ['value', 'after', 'before'] as const) {
      const value = query[name];
      if (value !== undefined) searchParams.set(name, value);
    }
    try {
      const response = await http.get(`${api.url}/customer-aliases`, {
        searchParams,
        signal: deadline.signal,
        retry: {
          limit: MAX_TRIES - 1,
          statusCodes: RETRIED_STATUSES,
          afterStatusCodes: RETRIED_STATUSES,
          delay: (retry) => BACKOFF_MS * 2 ** (retry - 1),
          jitter: true,
          shouldRetry: ({ error }) => {
            if (error instanceof NetworkFailure) return true;
            if (!(error instanceof HTTPError)) return false;
            const wait = retryAfterMs(error.response.headers) ?? 0;
            return wait < deadline.endsAt - performance.now() ? undefined : false;
          },
        },
      });
      return await response.text();
    } catch (error) {
      deadline.signal.throwIfAborted();
      if (error instanceof HTTPError)
        throw errorOfStatus(error.response.status, error.response.headers, error.data, api);
      if (error instanceof NetworkFailure) throw errorOfNetwork(error, api, MAX_TRIES);
      throw error;
    }
  }

  return {
    async listCustomerAliases(query, deadline) {
      const parsed = customerAliasPage.safeParse(parseJson(await get(query, deadline)));
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SequenceError('unexpected_response', 'Sequence sent something that is not JSON.', NOBODYS_FAULT);
  }
}
