import * as z from "zod";
import { IsolateCache } from "../../lib/isolate.ts";
import { lazy } from "../../lib/lazy.ts";
import { logFailure } from "../../lib/log.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { DAY, MINUTE, type UnixSeconds } from "../../lib/time.ts";

/** A public RSA key of an issuer (RFC 7517), without the members that a verification does not need. */
export type RemoteKey = { kid: string; kty: "RSA"; n: string; e: string };

/** The keys of an issuer as they were fetched at `at`. */
type KeySet = { at: UnixSeconds; keys: RemoteKey[] };

/** The keys at `url`, and where copies of them are kept. */
export type RemoteKeys = {
  /** Comes from the configuration, never from a token. */
  url: string;
  /** A store that all isolates share. Null: each isolate fetches for itself. */
  shared: Pick<KVNamespace, "get" | "put"> | null;
  /** How long an old copy still verifies while the issuer does not answer, in seconds. */
  staleSeconds: number;
};

/** How long a copy is used without asking the issuer, in seconds. */
const FRESH_SECONDS = 10 * MINUTE;

/** The least time between two fetches for keys that no copy has, in seconds. Anybody can name such a key. */
const PAUSE_SECONDS = MINUTE;

/** The longest wait for the issuer, in milliseconds. */
const PATIENCE_MS = 5_000;

/** In characters. GitHub's set has about 7,000. */
const MOST_TEXT = 256 * 1024;

const memory = new IsolateCache<KeySet>(10);

/** The issuers that did not answer, until they are asked again. */
const silent = new IsolateCache<true>(10);

const schemas = lazy(() => {
  const Key = z.object({ kid: z.string().min(1), kty: z.literal("RSA"), n: z.string(), e: z.string() });
  /** Keys of other kinds and for other uses are left out: an issuer may add them at any time. */
  const Usable = Key.extend({ use: z.literal("sig").optional(), alg: z.literal("RS256").optional() }).transform(
    ({ kid, kty, n, e }) => ({ kid, kty, n, e }),
  );
  const Keys = z
    .object({ keys: z.array(z.unknown()) })
    .transform(({ keys }) => keys.flatMap((key) => Usable.safeParse(key).data ?? []))
    .refine((keys) => keys.length > 0, "has no RSA key for signatures");
  return { Keys, Stored: z.object({ at: z.number(), keys: z.array(Key) }) };
});

/**
 * The issuer's key `kid`. A copy is used for ten minutes. A key that the copies do not have makes the Worker ask the
 * issuer again, at most once a minute, so that a new key works at once and a false one costs no request. If the issuer
 * does not answer, a copy of up to `staleSeconds` still verifies. `unknown`: the issuer has no such key. `unavailable`:
 * no copy has the key, and the issuer does not answer.
 */
export async function findRemoteKey(
  source: RemoteKeys,
  kid: string,
  now: UnixSeconds,
): Promise<Result<RemoteKey, "unknown" | "unavailable">> {
  const isFresh = (set: KeySet | undefined, seconds = FRESH_SECONDS): set is KeySet =>
    set !== undefined && now - set.at < seconds;
  const keyIn = (set: KeySet) => set.keys.find((key) => key.kid === kid);

  let known = memory.get(source.url, now);
  if (!isFresh(known) || (keyIn(known) === undefined && !isFresh(known, PAUSE_SECONDS))) {
    known = newer(known, await readShared(source));
  }
  const wanted = !isFresh(known) || (keyIn(known) === undefined && !isFresh(known, PAUSE_SECONDS));
  // Without any copy, each request asks: the first after an outage must not wait for a minute.
  if (wanted && !(known !== undefined && silent.get(source.url, now))) {
    known = (await refresh(source, now)) ?? known;
  }
  if (known !== undefined) memory.set(source.url, known, now + DAY);
  const key = isFresh(known, Math.max(FRESH_SECONDS, source.staleSeconds)) ? keyIn(known) : undefined;
  if (key !== undefined) return ok(key);
  return err(isFresh(known) && !silent.get(source.url, now) ? "unknown" : "unavailable");
}

const newer = (one: KeySet | undefined, other: KeySet | undefined): KeySet | undefined =>
  one === undefined || (other !== undefined && other.at > one.at) ? other : one;

/** Fetches the keys and keeps them; undefined if the issuer does not answer with keys, which is logged. */
async function refresh({ url, shared }: RemoteKeys, now: UnixSeconds): Promise<KeySet | undefined> {
  try {
    const set = { at: now, keys: await fetchKeys(url) };
    silent.delete(url);
    await shared?.put(sharedKey(url), JSON.stringify(set), { expirationTtl: 7 * DAY }).catch(notShared);
    return set;
  } catch (error) {
    logFailure("issuer.keys_unavailable", error, { url });
    silent.set(url, true, now + PAUSE_SECONDS);
    return undefined;
  }
}

async function fetchKeys(url: string): Promise<RemoteKey[]> {
  const response = await fetch(url, {
    headers: { Accept: "application/json", "User-Agent": "rbee-catalog" },
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`The answer has the status ${response.status}.`);
  if (text.length > MOST_TEXT) throw new Error(`The answer has ${text.length} characters.`);
  return schemas().Keys.parse(JSON.parse(text));
}

/** The key of the copy in KV. It contains the URL, so that another issuer never gets it. */
const sharedKey = (url: string): string => `issuer-keys:${url}`;

async function readShared({ url, shared }: RemoteKeys): Promise<KeySet | undefined> {
  try {
    return schemas().Stored.safeParse(await shared?.get<unknown>(sharedKey(url), "json")).data;
  } catch (error) {
    notShared(error);
    return undefined;
  }
}

const notShared = (error: unknown): void => logFailure("issuer.keys_not_shared", error);
