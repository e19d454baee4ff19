import { name, version } from '../about.ts';
import type { ApiConfig } from '../config.ts';
import { type Deadline, pause } from '../deadline.ts';
import { CallError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Log } from '../log.ts';
import * as errors from './errors.ts';
import { type ApiResponse, type Fetch, fetchOnce, NetworkError, unexpected } from './fetch.ts';
import type { InFlightLimit } from './in-flight.ts';
import { GAP_MS, type Limit, RateLimit } from './rate-limit.ts';
import { type Page, type RowReader, toPage } from './response.ts';

const MAX_TRIES = 3;
/** The longest wait before the first retry. It doubles before the second. */
const BACKOFF_MS = 500;
const TRY_TIMEOUT_MS = 10_000;
/** The time that a call must have left after a wait for its turn: another could use that turn. */
const LEFT_MS = 500;

/** Query of `GET /customer-aliases`. Cursors come from an earlier page and are sent unchanged. */
export interface AliasQuery {
  readonly value?: string | undefined;
  /** 1 to 100, by Sequence's rule. */
  readonly limit: number;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

export type SequenceClient = ReturnType<ReturnType<typeof createSequence>>;

/** Who makes these requests. Each request to Sequence counts against the caller's limit. */
export interface Caller {
  readonly name: string;
  readonly limit?: Limit;
}

/** All that the app, the tools and the client know of the runtime. */
export interface Platform {
  /** Name and version of the runtime, such as `node 20.20.2`. */
  readonly runtime: string;
  readonly fetch: Fetch;
  /** Absent on Workers: no promise may cross requests there. */
  readonly inFlight?: InFlightLimit;
}

/** One Sequence account. Gives each caller a client; all callers share the limits. */
export function createSequence(
  api: ApiConfig,
  { runtime, fetch, inFlight = withoutSlots }: Platform,
  log: Log,
) {
  const rateLimit = new RateLimit(api.requestsPerMinute);

  async function send(path: string, signal: AbortSignal): Promise<ApiResponse | NetworkError> {
    const startedAt = performance.now();
    const headers = {
      authorization: api.authorization.reveal(),
      'sequence-version': api.version,
      accept: 'application/json',
      'user-agent': `${name}/${version} (${runtime})`,
    };
    const response = await fetchOnce(fetch, api.url + path, headers, TRY_TIMEOUT_MS, signal);
    const failed = response instanceof NetworkError;
    const outcome = failed ? response.message : response.status;
    const ms = Math.round(performance.now() - startedAt);
    log('debug', `GET ${path.replace(/\?.*/, '')}: ${outcome}, ${ms} ms`);
    const refusedMs = failed || outcome !== 429 ? undefined : errors.retryAfterMs(response.headers);
    if (refusedMs) rateLimit.pause(refusedMs);
    return response;
  }

  /** Sends once a slot is free, the rate limit allows it, and no refusal by Sequence is pending. */
  async function sendInTurn(path: string, caller: Caller, deadline: Deadline) {
    const { signal, endsAt } = deadline;
    const startedAt = performance.now();
    const noTurn = (wait = 0) =>
      rateLimit.wasPausedSince(startedAt) && wait <= rateLimit.pauseMs + GAP_MS
        ? errors.keyLimitReached(rateLimit.pauseMs)
        : errors.ownLimitReached(rateLimit.perMinute);
    if (startedAt + rateLimit.pauseMs >= endsAt) throw noTurn();
    let turnAt = Number.POSITIVE_INFINITY;
    const work = () => {
      turnAt = performance.now();
      return send(path, signal);
    };
    try {
      const turn = () => {
        const now = performance.now();
        if (endsAt - now < Math.min(LEFT_MS, now - startedAt)) throw noTurn();
        return takeTurn(rateLimit, deadline, noTurn);
      };
      return await inFlight(caller.name, turn, work, signal);
    } catch (error) {
      const isLate = error instanceof CallError && error === signal.reason;
      // The wait for the turn is to blame if it took most of the time.
      throw isLate && turnAt - startedAt > endsAt - turnAt ? noTurn() : error;
    }
  }

  async function get(path: string, caller: Caller, deadline: Deadline): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      if (caller.limit) await takeTurn(caller.limit, deadline, errors.callerLimitReached);
      const response = await sendInTurn(path, caller, deadline);
      const failed = response instanceof NetworkError;
      if (!failed && response.status === 200) {
        const json = parseJson(response.text);
        if (json === undefined) throw unexpected('something that is not JSON');
        return json;
      }

      const wait = tries < MAX_TRIES ? waitBeforeRetry(response, tries) : undefined;
      if (wait === undefined || performance.now() + wait >= deadline.endsAt) {
        throw errors.errorFrom(response, api, tries, /[?&](after|before)=/.test(path));
      }
      await pause(wait, deadline.signal);
    }
  }

  return (caller: Caller) => ({
    /** Fetches one page. Rejects with a `CallError`, or with the reason of an aborted signal. */
    async listCustomerAliases<Row>(
      { limit, value, after, before }: AliasQuery,
      read: (row: RowReader) => Row,
      deadline: Deadline,
    ): Promise<Page<Row>> {
      const query = queryString({ limit: String(limit), value, after, before });
      return toPage(await get(`/customer-aliases${query}`, caller, deadline), read);
    },
  });
}

const withoutSlots: InFlightLimit = async (_, takeTurn, work) => {
  await takeTurn();
  return work();
};

/** Waits for the rate limit. Fails at once if the wait would leave too little time. */
async function takeTurn(
  limit: Limit,
  { signal, endsAt }: Deadline,
  errorOf: (waitMs: number) => CallError,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const wait = await limit.take();
    if (wait <= 0) return;
    const error = errorOf(wait);
    if (performance.now() + wait + LEFT_MS >= endsAt) throw error;
    await pause(wait, signal).catch((reason: unknown) => {
      throw reason instanceof CallError ? error : reason;
    });
  }
}

function queryString(query: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, value);
  }
  // A space as `%20`, which all decoders agree on: some gateways read `+` as a plus.
  return `?${String(parameters).replaceAll('+', '%20')}`;
}

/** Milliseconds until the next retry, or `undefined` if a retry cannot help. */
function waitBeforeRetry(response: ApiResponse | NetworkError, tries: number): number | undefined {
  // Full jitter, so that clients which failed together do not retry together.
  const backoff = Math.random() * BACKOFF_MS * 2 ** (tries - 1);
  if (response instanceof NetworkError) return backoff;
  if (!errors.isRetryable(response.status)) return undefined;
  return errors.retryAfterMs(response.headers) ?? backoff;
}
