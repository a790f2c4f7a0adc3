import type { FramedFile, StoredRange } from "./framing.ts";

/** Opens a range of an object in R2 by its key. */
export type OpenObject = (key: string, range: StoredRange) => Promise<ReadableStream>;

/** A range of one of the two objects behind a framed file. */
type Source = StoredRange & { key: string };

/** The ranges of the frame and of the stored file, in order, that together are a part of a framed file. */
export function* sourcesOf(
  { frame_key, layout }: Pick<FramedFile, "frame_key" | "layout">,
  storedKey: string,
  part: StoredRange,
): Generator<Source> {
  const end = part.offset + part.length;
  let at = 0;
  let inFrame = 0;
  for (const piece of layout) {
    const isLiteral = typeof piece === "number";
    const [offset, length] = isLiteral ? [inFrame, piece] : piece;
    const from = Math.max(part.offset, at);
    const to = Math.min(end, at + length);
    if (to > from) {
      yield { key: isLiteral ? frame_key : storedKey, offset: offset + from - at, length: to - from };
    }
    at += length;
    if (isLiteral) inFrame += piece;
  }
}

/**
 * The bytes of a part of a framed file; `storedKey` is the key of the stored file in R2. The bytes do not enter
 * JavaScript. Throws the error of `open` if the part cannot begin; a later one errors the stream.
 */
export async function readFramed(
  open: OpenObject,
  framed: Pick<FramedFile, "frame_key" | "layout">,
  storedKey: string,
  part: StoredRange,
): Promise<ReadableStream> {
  const [source, ...rest] = [...sourcesOf(framed, storedKey, part)];
  if (!source) return new Blob([]).stream();
  const first = await open(source.key, source);
  if (rest.length === 0) return first;
  const { readable, writable } = new FixedLengthStream(part.length);
  void pump(first, rest, open, writable);
  return readable;
}

/** Pipes the ranges into `writable`, each opened while the one before it runs. Never rejects. */
async function pump(
  first: ReadableStream,
  rest: readonly Source[],
  open: OpenObject,
  writable: WritableStream,
): Promise<void> {
  let next: Promise<ReadableStream> = Promise.resolve(first);
  try {
    for (const index of [first, ...rest].keys()) {
      const body = await next;
      const following = rest[index];
      if (following) next = open(following.key, following);
      next.catch(() => {});
      await body.pipeTo(writable, { preventClose: true, preventAbort: true });
    }
    await writable.close();
  } catch (error) {
    await Promise.allSettled([writable.abort(error), next.then((body) => body.cancel())]);
  }
}
