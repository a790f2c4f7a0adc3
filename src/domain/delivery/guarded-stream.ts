import { logFailure } from "../../lib/log.ts";

/** The bytes that are streamed on one decision. */
export const PIECE_BYTES = 16 * 1024 * 1024;

/** The time that is streamed on one decision, in milliseconds. */
const PIECE_MS = 10_000;

/** A shorter part is sent on the first decision alone: it is through before another one could refuse it. */
export const UNGUARDED_BYTES = 1024 * 1024;

/** The calls of bindings that a stream may make. One invocation has 1,000, and the request itself needs some. */
const CALLS = 950;

/** Decisions in a row that may fail, because stores are out, before the stream breaks off. */
const FAILED_DECISIONS = 3;

/** A part of a file. */
export type Part = { offset: number; length: number };

/**
 * The file behind a guarded stream, and the decision on it. `pieceMs` and `pieceBytes` are for tests. `split` divides a
 * part, in order, where one stream of R2 cannot have all of it: workerd pipes no transform's stream into another
 * transform.
 */
export type GuardedFile = {
  /** Opens a part of the file. */
  read(part: Part): Promise<ReadableStream>;
  split?: ((part: Part) => Part[]) | undefined;
  /** Whether the rest may be sent; else the code of the refusal. */
  decide(): Promise<{ ok: true } | { ok: false; code: string }>;
  pieceMs?: number;
  pieceBytes?: number;
};

/** The end of a stream: all bytes were sent; a decision refused the rest; the client or a store ended it. */
export type StreamEnd = { end: "complete" | "lost" } | { end: "refused"; code: string };

/** The parts in which `part` is sent, in order, each at most `pieceBytes` long. */
export function* piecesOf({ offset, length }: Part, pieceBytes: number = PIECE_BYTES): Generator<Part> {
  for (let at = 0; at < length; at += pieceBytes) {
    yield { offset: offset + at, length: Math.min(pieceBytes, length - at) };
  }
}

/** The parts that a guarded stream opens one after the other. */
export const readsOf = (part: Part, { split, pieceBytes }: Pick<GuardedFile, "split" | "pieceBytes">): Part[] =>
  [...piecesOf(part, pieceBytes)].flatMap((piece) => split?.(piece) ?? [piece]);

/**
 * The pause before the next decision, in milliseconds, for a stream of `pieces` that has run for `elapsedMs`. It is
 * `pieceMs` at first. A stream that runs for long decides more rarely, so that its calls suffice for eight hours.
 */
export function decisionPause(pieces: number, elapsedMs: number, pieceMs: number = PIECE_MS): number {
  const spare = Math.max(1, CALLS - pieces);
  return Math.max(pieceMs, elapsedMs / (spare / 4));
}

/**
 * Streams a part of a file, and decides again after each piece and at least every ten seconds. After a refusal the
 * stream breaks off: its reader gets an error, never a clean end. `first` is the body of the first of `readsOf`. The
 * bytes do not enter JavaScript, because each piece is piped from R2 to the client by workerd. `end` never rejects.
 */
export function guardedStream(
  part: Part,
  first: ReadableStream,
  file: GuardedFile,
): { readable: ReadableStream; end: Promise<StreamEnd> } {
  const { readable, writable } = new FixedLengthStream(part.length);
  return { readable, end: pump(part, first, file, writable) };
}

async function pump(
  part: Part,
  first: ReadableStream,
  file: GuardedFile,
  writable: WritableStream,
): Promise<StreamEnd> {
  const pieces = readsOf(part, file);
  const guard = new Guard(file, pieces.length);
  const watching = guard.watch();
  let next: Promise<ReadableStream> = Promise.resolve(first);
  try {
    for (const index of pieces.keys()) {
      if (index > 0) await guard.pass();
      const body = await next;
      const following = pieces[index + 1];
      // The next piece is opened early, so that no pause divides the pieces.
      if (following) next = file.read(following);
      next.catch(() => {});
      await body.pipeTo(writable, { preventClose: true, preventAbort: true, signal: guard.signal });
    }
    guard.stop();
    await writable.close();
    return { end: "complete" };
  } catch (error) {
    await Promise.allSettled([writable.abort(error), next.then((body) => body.cancel())]);
    return guard.refusal ? { end: "refused", code: guard.refusal } : { end: "lost" };
  } finally {
    guard.stop();
    await watching;
  }
}

/** Decides on a stream while it runs. `signal` aborts when a decision refuses the rest. */
class Guard {
  refusal: string | null = null;
  readonly #file: GuardedFile;
  readonly #pieces: number;
  readonly #cut = new AbortController();
  readonly #stopped = new AbortController();
  readonly #startedAt = Date.now();
  #decidedAt = Date.now();
  #failures = 0;

  constructor(file: GuardedFile, pieces: number) {
    this.#file = file;
    this.#pieces = pieces;
  }

  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** Decides between two pieces. A stream that has run for long only does so if a decision is due. */
  async pass(): Promise<void> {
    const isLong = this.#pause() > (this.#file.pieceMs ?? PIECE_MS);
    if (!isLong || this.#left() <= 0) await this.decide();
  }

  #pause(): number {
    return decisionPause(this.#pieces, Date.now() - this.#startedAt, this.#file.pieceMs);
  }

  /** The milliseconds until the next decision is due. */
  #left(): number {
    return this.#decidedAt + this.#pause() - Date.now();
  }

  /** Decides now. Throws, and cuts the stream, if the rest is refused or too many decisions in a row have failed. */
  async decide(): Promise<void> {
    try {
      const decision = await this.#file.decide();
      this.#failures = 0;
      if (!decision.ok) this.refusal = decision.code;
    } catch (error) {
      logFailure("download.undecided", error);
      this.#failures++;
    }
    this.#decidedAt = Date.now();
    if (this.refusal === null && this.#failures < FAILED_DECISIONS) return;
    const reason = new Error(this.refusal ?? "no decision was possible");
    this.#cut.abort(reason);
    throw reason;
  }

  /** Decides again and again, whenever the last decision is too old. Never rejects. */
  async watch(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const left = this.#left();
      try {
        if (left > 0) await scheduler.wait(left, { signal });
        else await this.decide();
      } catch {
        return;
      }
    }
  }

  /** Ends the watch. */
  stop(): void {
    this.#stopped.abort();
  }
}
