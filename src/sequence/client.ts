import type { ApiConfig } from '../config.ts';
import { type Deadline, pause } from '../deadline.ts';
import { CallError, TRY_ONCE_MORE } from '../errors.ts';
import type { Log } from '../log.ts';
import type { AliasPage } from './customer-alias.ts';
import { errorOfAnswer, errorOfNetwork, mayPass, retryAfterMs } from './explain.ts';
import type { Limiter } from './limiter.ts';
import { type Answer, type Fetch, NetworkFailure, sendOnce } from './transport.ts';
import { toPage } from './wire.ts';

const MAX_TRIES = 3;
/** The longest wait before the first retry; before the second it is twice as much. */
const BACKOFF_MS = 500;
/** For how long one refusal speaks for all calls: Sequence counts by the minute, whatever a proxy on the way may say. */
const MAX_HOLD_MS = 60_000;

/** Query of `GET /customer-aliases`. Cursors come from an earlier page and travel unchanged. */
export interface AliasQuery {
  readonly value?: string | undefined;
  /** 1 to 100 by Sequence's rule. */
  readonly limit: number;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

type Query = Readonly<Record<string, string | undefined>>;

export interface SequenceClient {
  /** Fetches one page. Rejects with a `CallError`, or with the signal's reason once that is aborted. */
  listCustomerAliases(query: AliasQuery, deadline: Deadline): Promise<AliasPage>;
}

export interface ClientOptions {
  readonly fetch: Fetch;
  readonly limiter: Limiter;
  readonly userAgent: string;
  readonly log: Log;
  /** Limit of one try in milliseconds, body included. */
  readonly tryTimeoutMs?: number;
}

/** A client of one Sequence account. The limiter holds for all that is asked of it together. */
export function createSequenceClient(
  api: ApiConfig,
  { fetch, limiter, userAgent, log, tryTimeoutMs = 10_000 }: ClientOptions,
): SequenceClient {
  /** One try. A failure of the network is returned, since another try may help; any other error is thrown. */
  async function attempt(path: string, query: Query, { signal }: Deadline): Promise<Answer | NetworkFailure> {
    const start = performance.now();
    const headers = {
      authorization: api.authorization.reveal(),
      'sequence-version': api.version,
      accept: 'application/json',
      'user-agent': userAgent,
    };
    const note = (outcome: string | number) =>
      log('debug', `GET ${path}: ${outcome}, ${Math.round(performance.now() - start)} ms`);
    try {
      const answer = await sendOnce(fetch, api.url + path + search(query), headers, tryTimeoutMs, signal);
      note(answer.status);
      return answer;
    } catch (error) {
      note(error instanceof Error ? error.message : 'aborted');
      if (error instanceof NetworkFailure) return error;
      throw error;
    }
  }

  /** The last refusal for the key's limit that said for how long: until then any other request would only add to the flood. */
  let refusal: { readonly answer: Answer; readonly at: number; readonly wait: number } | undefined;

  /** One try, or what another call was told a moment ago, where that still holds. */
  async function attemptUnlessRefused(
    path: string,
    query: Query,
    deadline: Deadline,
  ): Promise<Answer | NetworkFailure> {
    const age = refusal ? performance.now() - refusal.at : 0;
    if (refusal && age < Math.min(refusal.wait, MAX_HOLD_MS)) {
      // Without the headers of a response, which on Workers belong to its own request.
      const left = Math.ceil((refusal.wait - age) / 1_000);
      const answer: Answer = { ...refusal.answer, headers: { get: () => String(left) } };
      // As long again as the refused call waits: calls that wait come back one after the other, as they came.
      return { ...answer, retryInMs: refusal.wait };
    }
    const outcome = await attempt(path, query, deadline);
    if (outcome.kind === 'answer' && outcome.status === 429) {
      const wait = retryAfterMs(outcome.headers) ?? 0;
      refusal = { answer: { ...outcome, headers: { get: () => null } }, at: performance.now(), wait };
    }
    return outcome;
  }

  /** The JSON at a path. */
  async function get(path: string, query: Query, deadline: Deadline): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const outcome = await limiter.run(() => attemptUnlessRefused(path, query, deadline), deadline);
      if (outcome.kind === 'answer' && outcome.status === 200) return parseJson(outcome.text);

      const wait = tries < MAX_TRIES ? waitBeforeRetry(outcome, tries) : undefined;
      if (wait === undefined || performance.now() + wait >= deadline.endsAt) {
        throw outcome.kind === 'answer' ? errorOfAnswer(outcome, api, tries) : errorOfNetwork(outcome, api, tries);
      }
      await pause(wait, deadline.signal);
    }
  }

  return {
    async listCustomerAliases(query, deadline) {
      const { limit, value, after, before } = query;
      const json = await get('/customer-aliases', { limit: String(limit), value, after, before }, deadline);
      return toPage(json);
    },
  };
}

function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  // A space as `%20`, which every decoder reads alike: some gateways take `+` for a plus. A plus itself is `%2B` here.
  return `?${String(parameters).replaceAll('+', '%20')}`;
}

/** Milliseconds until the next try, or nothing where another try cannot help. */
function waitBeforeRetry(outcome: Answer | NetworkFailure, tries: number): number | undefined {
  // Full jitter, so that clients which failed together do not come back together.
  const backoff = Math.random() * BACKOFF_MS * 2 ** (tries - 1);
  if (outcome.kind === 'failure') return backoff;
  if (!mayPass(outcome.status)) return undefined;
  return outcome.retryInMs ?? retryAfterMs(outcome.headers) ?? backoff;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallError('unexpected_response', 'Sequence sent something that is not JSON.', TRY_ONCE_MORE);
  }
}
