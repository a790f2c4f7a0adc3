import { CatalogError, errorOfAnswer } from "./error.ts";
import type { Digest } from "./hashes.ts";
import type { Sink } from "./sink.ts";
import { reasonOf, textOf } from "./transport.ts";

/** A file that is being received: its bytes so far and their digest, and the size of the whole. */
export type Part = { sink: Sink; newDigest: () => Digest; digest: Digest; size: number };

/** A connection without a byte for this long counts as broken. */
const STALLED_MS = 60_000;

type Options = {
  fetch: typeof fetch;
  onProgress: (received: number) => void;
  signal: AbortSignal | undefined;
};

/**
 * Requests the bytes after the part and appends them. Returns the failure that ended the response early, or null.
 * Throws the errors of the sink.
 */
export async function receiveRest(part: Part, url: URL, options: Options): Promise<CatalogError | null> {
  const start = part.digest.size;
  const stalled = new AbortController();
  const watch = watchFor(stalled);
  try {
    const response = await options
      .fetch(url, {
        // Without If-Range: R2's ETag is not the sum, so a link to R2 would send all bytes again. The sum decides.
        headers: start > 0 ? { Range: `bytes=${start}-` } : {},
        signal: options.signal === undefined ? stalled.signal : AbortSignal.any([options.signal, stalled.signal]),
      })
      .catch((error: unknown) => networkError(url, error));
    if (response instanceof CatalogError) return response;
    if (response.status !== 200 && response.status !== 206) {
      return errorOfAnswer(response, (await textOf(response).catch(() => null)) ?? "");
    }
    const isRest = response.status === 206;
    if (isRest && !response.headers.get("Content-Range")?.startsWith(`bytes ${start}-`)) {
      await response.body?.cancel();
      return new CatalogError("ANSWER_UNEXPECTED", "The server sent another part of the file than the requested one.");
    }
    // A server, or a proxy before it, that knows no ranges sends the whole file.
    if (!isRest && start > 0) await restart(part);
    return await readBody(part, response, url, watch.touch, options.onProgress);
  } finally {
    watch.end();
  }
}

async function restart(part: Part): Promise<void> {
  await part.sink.clear();
  part.digest = part.newDigest();
}

/** Appends the chunks of a body. The bytes that have arrived are kept, however it ends. */
async function readBody(
  part: Part,
  response: Response,
  url: URL,
  touch: () => void,
  onProgress: (received: number) => void,
): Promise<CatalogError | null> {
  const reader = response.body?.getReader();
  if (reader === undefined) return null;
  for (;;) {
    const next = await reader.read().catch((error: unknown) => networkError(url, error));
    if (next instanceof CatalogError) return next;
    if (next.done) return part.digest.size < part.size ? networkError(url, new Error("it broke off")) : null;
    touch();
    if (part.digest.size + next.value.length > part.size) {
      await reader.cancel();
      await restart(part);
      return new CatalogError("FILE_ALTERED", "The server sent more than the file's size.");
    }
    await part.sink.append(next.value);
    part.digest.update(next.value);
    onProgress(part.digest.size);
  }
}

const networkError = (url: URL, cause: unknown): CatalogError =>
  new CatalogError("NETWORK", `The connection to ${url.origin} has failed: ${reasonOf(cause)}.`, { cause });

/** Aborts once `touch` has not been called for a minute. */
function watchFor(stalled: AbortController): { touch: () => void; end: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => clearTimeout(timer);
  const touch = (): void => {
    end();
    timer = setTimeout(() => stalled.abort(new Error("no byte came for a minute")), STALLED_MS);
  };
  touch();
  return { touch, end };
}
