import { cacheBody, cachedPart, LARGEST_CACHED } from "../../platform/http/edge-cache.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import type { Delivery } from "./decision.ts";
import { readObject } from "./file-response.ts";
import type { GuardedFile } from "./guarded-stream.ts";

/** How long a copy of a file's bytes may stay in the cache of a data center, in seconds. The decision is made anew. */
const KEPT = 30 * 24 * 3600;

/**
 * What caches may do with a file whose address contains its checksum. Browsers and clients keep it. A cache that serves
 * others asks again after 30 s, so that a withdrawn file does not outlive the stated bound there.
 */
export const IMMUTABLE = "public, max-age=31536000, s-maxage=30, immutable";

/**
 * Reads a public file from the cache of this data center, else from R2, and then keeps it there. It never asks the
 * cache for a file that is too large for it, because that costs one of the 1,000 calls of the invocation.
 */
export function publicBytes(
  c: Pick<ReadScope, "env" | "executionCtx">,
  url: string,
  { artifact: { object_key, size } }: Delivery,
): GuardedFile["read"] {
  const read: GuardedFile["read"] = (part) => readObject(c.env.BINARIES, object_key, part);
  if (size > LARGEST_CACHED) return read;
  let isKept = false;
  return async (part) => {
    const cached = await cachedPart(url, part);
    if (cached) return cached;
    if (!isKept) c.executionCtx.waitUntil(cacheBody(url, size, KEPT, () => read({ offset: 0, length: size })));
    isKept = true;
    return read(part);
  };
}
