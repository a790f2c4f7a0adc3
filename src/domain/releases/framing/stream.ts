import { IsolateCache, SMALL_CACHE } from "../../../lib/isolate.ts";
import { currentTime, DAY } from "../../../lib/time.ts";
import { sizesOfLayout } from "./frame.ts";
import type { FramedFile, StoredRange } from "./framing.ts";

/** Opens a range of an object in R2 by its key. */
export type OpenObject = (key: string, range: StoredRange) => Promise<ReadableStream>;

/** A range of one of the two objects behind a framed file. */
type Source = StoredRange & { key: string };

type Framed = Pick<FramedFile, "frame_key" | "layout">;

/** The ranges of the frame and of the stored file, in order, that together are a part of a framed file. */
export function* sourcesOf({ frame_key, layout }: Framed, storedKey: string, part: StoredRange): Generator<Source> {
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

/** The parts of a part of a framed file, in order, that are each in one of the two objects. */
export function partsOf(framed: Framed, part: StoredRange): StoredRange[] {
  let { offset } = part;
  return [...sourcesOf(framed, "", part)].map(({ length }) => {
    offset += length;
    return { offset: offset - length, length };
  });
}

/** A frame of this size or smaller, in bytes, stays in the isolate's memory. Most have some KiB. */
const SMALL_FRAME = 256 * 1024;

/** The bytes of frames by their key, under which they never change. */
const frames = new IsolateCache<Uint8Array<ArrayBuffer>>(500, SMALL_CACHE / 2);

/**
 * The bytes of a part of a framed file; `storedKey` is the key of the stored file in R2. The bytes of the stored file
 * do not enter JavaScript. Throws the error of `open` if the part cannot begin; a later one errors the stream.
 */
export async function readFramed(
  open: OpenObject,
  framed: Framed,
  storedKey: string,
  part: StoredRange,
): Promise<ReadableStream> {
  const [source, ...rest] = [...sourcesOf(framed, storedKey, part)];
  if (!source) return new Blob([]).stream();
  const read = (one: Source) => (one.key === framed.frame_key ? readLiteral(open, framed, one) : open(one.key, one));
  const first = await read(source);
  if (rest.length === 0) return first;
  const { readable, writable } = new FixedLengthStream(part.length);
  void pump(first, rest, read, writable);
  return readable;
}

/** A range of a frame: from memory if the frame is small, which one read of all of it brings there. */
async function readLiteral(
  open: OpenObject,
  { frame_key, layout }: Framed,
  { offset, length }: Source,
): Promise<ReadableStream> {
  const { frame: size } = sizesOfLayout(layout);
  if (size > SMALL_FRAME) return open(frame_key, { offset, length });
  const now = currentTime();
  let bytes = frames.get(frame_key, now);
  if (bytes === undefined) {
    const whole = await open(frame_key, { offset: 0, length: size });
    bytes = new Uint8Array(await new Response(whole).arrayBuffer());
    if (bytes.length !== size) throw new Error(`R2 cut off ${frame_key} at ${bytes.length}`);
    frames.set(frame_key, bytes, now + DAY);
  }
  return new Blob([bytes.subarray(offset, offset + length)]).stream();
}

/** Pipes the ranges into `writable`, each opened while the one before it runs. Never rejects. */
async function pump(
  first: ReadableStream,
  rest: readonly Source[],
  read: (source: Source) => Promise<ReadableStream>,
  writable: WritableStream,
): Promise<void> {
  let next: Promise<ReadableStream> = Promise.resolve(first);
  try {
    for (const index of [first, ...rest].keys()) {
      const body = await next;
      const following = rest[index];
      if (following) next = read(following);
      next.catch(() => {});
      await body.pipeTo(writable, { preventClose: true, preventAbort: true });
    }
    await writable.close();
  } catch (error) {
    await Promise.allSettled([writable.abort(error), next.then((body) => body.cancel())]);
  }
}
