import type { JSONWebKeySet } from 'jose';
import { IssuerError, READ_TIMEOUT_MS } from './issuer.ts';

/** For how long keys are taken for the current ones, and for how long they serve while the issuer is out of reach. */
const FRESH_MS = 10 * 60_000;
const USABLE_MS = 60 * 60_000;
/** How often the issuer is asked because of a key that is not known: a flood of such tokens is no flood there. */
const COOLDOWN_MS = 10_000;
/** How long a failure is remembered, where there are no keys, and where older ones serve meanwhile. */
const FAILURE_MS = 1_000;
const STALE_FAILURE_MS = 30_000;
const LOOK_AGAIN_MS = 20;
/** When a request that loads must have been cut off: well after its own time is up, since timers come late under load. */
const CUT_OFF_MS = READ_TIMEOUT_MS + 1_000;

/** An issuer's keys, asked for when a token first needs them. Each method rejects with an `IssuerError`. */
export interface IssuerKeys {
  current(): Promise<JSONWebKeySet>;
  /** Keys that are newer than these, which lack the one of a token; nothing where there cannot be any. */
  newerThan(known: JSONWebKeySet): Promise<JSONWebKeySet | undefined>;
}

/**
 * Keeps keys and times, and no promise: on Workers a request must not wait for what another one began. One request loads,
 * the others look again on timers of their own, and one of them takes over from a request that was cut off. That is why
 * this is not jose's `createRemoteJWKSet`, whose callers share one fetch; it also reads documents without a bound.
 */
export function createIssuerKeys(
  load: () => Promise<JSONWebKeySet>,
  now = () => performance.now(),
): IssuerKeys {
  let held: { readonly keys: JSONWebKeySet; readonly at: number } | undefined;
  let loadingSince: number | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let missedAt = Number.NEGATIVE_INFINITY;

  const ageOfKeys = () => (held ? now() - held.at : Number.POSITIVE_INFINITY);
  const isLoading = () => loadingSince !== undefined && now() - loadingSince < CUT_OFF_MS;

  async function reload(): Promise<JSONWebKeySet> {
    const startedAt = now();
    loadingSince = startedAt;
    try {
      const keys = await load();
      held = { keys, at: now() };
      return keys;
    } catch (error) {
      failedAt = now();
      throw error;
    } finally {
      if (loadingSince === startedAt) loadingSince = undefined;
    }
  }

  return {
    async current() {
      for (;;) {
        const isUsable = ageOfKeys() < USABLE_MS;
        const hasFailed = now() - failedAt < (isUsable ? STALE_FAILURE_MS : FAILURE_MS);
        if (held && (ageOfKeys() < FRESH_MS || (isUsable && (hasFailed || isLoading()))))
          return held.keys;
        if (hasFailed) throw new IssuerError('The issuer could not be asked a moment ago.');
        if (isLoading()) await pause();
        else
          await reload().catch((error) => {
            if (!isUsable) throw error;
          });
      }
    },
    async newerThan(known) {
      while (held?.keys === known && isLoading()) await pause();
      if (held && held.keys !== known) return held.keys;
      if (now() - missedAt >= COOLDOWN_MS) {
        missedAt = now();
        return reload();
      }
      // Nobody can tell whether a key that is missing here is new.
      if (failedAt >= missedAt)
        throw new IssuerError('The issuer could not be asked for newer keys.');
      return undefined;
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}
