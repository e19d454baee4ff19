import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientKind, clientKinds, connectToEndpoint, type TestClient } from '../support/clients.ts';
import { aliases } from './sequence.ts';

/** A call and a check of its result. `value` is the value sent to Sequence. */
interface Question {
  readonly value: string;
  readonly tool: string;
  readonly args: Record<string, unknown>;
  readonly isRight: (structured: unknown) => boolean;
}

/** How a call ended; `detail` gives the reason if the result is wrong. */
export interface Ended {
  /** The number of earlier calls and connections. */
  readonly number: number;
  readonly value: string;
  readonly ending: 'right' | 'wrong' | 'error' | 'lost';
  readonly detail: string;
}

const counts = new Map<string, number>();
for (const { value } of aliases) counts.set(value, (counts.get(value) ?? 0) + 1);
const unique = aliases.filter(
  ({ value, archivedAt, deletedAt }) => !archivedAt && !deletedAt && counts.get(value) === 1,
);

/** Consecutive calls have different values, so that a request to Sequence identifies its call. */
function question(number: number): Question {
  const alias = unique[number % unique.length];
  if (!alias) throw new Error('The demo has no aliases.');
  const { value, customerId } = alias;
  if (number % 5 === 1) {
    const unknown = `unknown-${number}`;
    return { value: unknown, tool: FIND, args: { alias: unknown }, isRight: has({ outcome: 'not_found' }) };
  }
  if (number % 5 === 2) {
    const isRight = has({ aliases: [{ value, customerId }] });
    return { value, tool: 'list_customer_aliases', args: { value }, isRight };
  }
  return { value, tool: FIND, args: { alias: value }, isRight: has({ outcome: 'found', customerId }) };
}

const FIND = 'find_customer_by_alias';

/** Whether a result has at least these fields. */
function has(wanted: unknown): (value: unknown) => boolean {
  if (typeof wanted !== 'object' || wanted === null) return (value) => value === wanted;
  const fields = Object.entries(wanted);
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Array.isArray(value) === Array.isArray(wanted) &&
    (!Array.isArray(value) || value.length === fields.length) &&
    fields.every(([key, inner]) => has(inner)(Reflect.get(value, key)));
}

export interface LoadOptions {
  readonly url: string;
  readonly token: string;
  /** Clients of each kind. */
  readonly clients: number;
  /** Pause of a client between two calls in milliseconds. */
  readonly pauseMs: number;
  /** Calls after which a new client replaces a client. */
  readonly callsOfClient: (number: number) => number;
  /** Whether the caller of the call with this number disconnects before the result. */
  readonly hangsUp?: (number: number) => boolean;
  readonly onEnd?: (ended: Ended) => void;
}

/** Clients of all kinds that keep calling until stopped. */
export class Load implements AsyncDisposable {
  /** Calls and connections so far. */
  begun = 0;
  calls = 0;
  /** All wrong results. */
  readonly bad: Ended[] = [];
  readonly #options: LoadOptions;
  readonly #done: Promise<unknown>;
  #stopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    const kinds = clientKinds.flatMap((kind) => Array<ClientKind>(options.clients).fill(kind));
    this.#done = Promise.all(kinds.map((kind) => this.#serve(kind)));
  }

  /** Resolves after that many further calls. */
  async more(calls: number): Promise<void> {
    const until = this.calls + calls;
    while (this.calls < until) await sleep(20);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #end(ended: Ended): void {
    if (ended.ending !== 'right') this.bad.push(ended);
    this.#options.onEnd?.(ended);
  }

  async #serve(kind: ClientKind): Promise<void> {
    const { url, token, callsOfClient, pauseMs } = this.#options;
    while (!this.#stopped) {
      const number = this.begun++;
      try {
        await using client = await connectToEndpoint(url, { kind, token });
        for (let left = callsOfClient(number); left > 0 && !this.#stopped; left--) {
          await this.#call(client);
          await sleep(pauseMs);
        }
      } catch (error) {
        this.#end({ number, value: '', ending: 'lost', detail: `connecting, ${kind}: ${explain(error)}` });
        await sleep(pauseMs);
      }
    }
  }

  async #call(client: TestClient): Promise<void> {
    const number = this.begun++;
    const { value, tool, args, isRight } = question(this.calls++);
    const hangUp = this.#options.hangsUp?.(number) ? AbortSignal.timeout(20) : undefined;
    try {
      const { isError, structured, text } = await client.call(tool, args, hangUp && { signal: hangUp });
      const ending = isError ? 'error' : isRight(structured) ? 'right' : 'wrong';
      this.#end({ number, value, ending, detail: ending === 'right' ? '' : text });
    } catch (error) {
      if (!hangUp?.aborted) this.#end({ number, value, ending: 'lost', detail: explain(error) });
    }
  }
}

function explain(error: unknown): string {
  return error instanceof Error && error.cause ? `${error}: ${error.cause}` : String(error);
}
