import { IsolateCache } from "../../lib/isolate.ts";
import { currentTime, MINUTE, type UnixSeconds } from "../../lib/time.ts";

/**
 * The cache of the data center that a request arrives in (Cloudflare's Cache API). It works on the Worker's own domain
 * only: on workers.dev, and in front of Access, it never has anything. The address must be on that domain.
 * https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
const store = (): Cache => caches.default;

/** Cloudflare caches no larger body, in bytes: 512 MB. */
export const LARGEST_CACHED = 512_000_000;

/** A cached body, and the second until which it may be used. */
export type CachedText = { text: string; until: UnixSeconds };

/**
 * The text under `url` that is still fresh at `now`, or null. Its age counts from the time when it was made, so that no
 * copy of a copy is older than promised. Never throws: without the cache, the caller makes the text.
 */
export async function cachedText(url: string, now: UnixSeconds): Promise<CachedText | null> {
  try {
    const found = await store().match(url);
    const until = Math.floor(Date.parse(found?.headers.get("Expires") ?? "") / 1000);
    if (!found || !(until > now)) return null;
    return { text: await found.text(), until };
  } catch {
    return null;
  }
}

/** Keeps a text under `url` until the second `until`. Never throws. */
export async function cacheText(url: string, text: string, until: UnixSeconds, now: UnixSeconds): Promise<void> {
  const headers = {
    "Cache-Control": `public, max-age=${until - now}`,
    Expires: new Date(until * 1000).toUTCString(),
    "Content-Type": "text/plain",
  };
  await store()
    .put(url, new Response(text, { headers }))
    .catch(() => {});
}

/** The bytes from `offset` on, `length` of them, of the body under `url`; null if it is not cached. Never throws. */
export async function cachedPart(
  url: string,
  { offset, length }: { offset: number; length: number },
): Promise<ReadableStream | null> {
  try {
    const headers = { Range: `bytes=${offset}-${offset + length - 1}` };
    const found = await store().match(new Request(url, { headers }));
    if (!found?.body) return null;
    if (Number(found.headers.get("Content-Length")) === length) return found.body;
    await found.body.cancel();
    return null;
  } catch {
    return null;
  }
}

/** The whole body under `url` with its headers, or null. Never throws. */
export async function cachedWhole(url: string): Promise<Response | null> {
  return (
    (await store()
      .match(url)
      .catch(() => undefined)) ?? null
  );
}

/** The bodies that this isolate is putting into the cache, by address. */
const filling = new IsolateCache<true>(1_000);

/** How long an isolate waits for its own put, in seconds. The runtime may end a request and its put without a word. */
const LONGEST_PUT = MINUTE;

/**
 * Keeps a body of `size` bytes under `url`, read by `open`. It runs after the response, once at a time. Never throws.
 */
export async function cacheBody(
  url: string,
  size: number,
  maxAge: number,
  open: () => Promise<ReadableStream>,
): Promise<void> {
  const now = currentTime();
  if (size > LARGEST_CACHED || filling.get(url, now)) return;
  filling.set(url, true, now + LONGEST_PUT);
  try {
    const headers = { "Cache-Control": `public, max-age=${maxAge}`, "Content-Length": String(size) };
    await store().put(url, new Response(await open(), { headers }));
  } catch {
    // The next request tries again.
  } finally {
    filling.delete(url);
  }
}
