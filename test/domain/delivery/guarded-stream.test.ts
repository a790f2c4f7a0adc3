import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  decisionPause,
  type GuardedFile,
  guardedStream,
  type Part,
  piecesOf,
} from "../../../src/domain/delivery/guarded-stream.ts";
import { expectLogged } from "../../support/logged.ts";
import { randomBytes } from "../../support/publish-release.ts";

const KEY = "artifacts/guarded";
const SIZE = 1_000_000;
const bytes = randomBytes(SIZE);
const WHOLE = { offset: 0, length: SIZE };

const read = async (range: Part): Promise<ReadableStream> => {
  const object = await env.BINARIES.get(KEY, { range });
  if (!object) throw new Error("no object");
  return object.body;
};

const allow = async () => ({ ok: true }) as const;
const refuse = async () => ({ ok: false, code: "LICENSE_REVOKED" }) as const;

/** A stream in pieces of 100,000 bytes, unless said otherwise. */
async function streamOf(part: Part, file: Partial<GuardedFile> = {}) {
  const pieceBytes = file.pieceBytes ?? 100_000;
  const first = await read({ ...part, length: Math.min(part.length, pieceBytes) });
  return guardedStream(part, first, { read, decide: allow, pieceBytes, ...file });
}

/** Reads a stream to its end or error, `pause` milliseconds after each chunk. */
async function readAll(stream: ReadableStream, pause = 0): Promise<{ bytes: Uint8Array; error: unknown }> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let error: unknown = null;
  try {
    for await (const chunk of stream as ReadableStream<Uint8Array<ArrayBuffer>>) {
      chunks.push(chunk);
      if (pause > 0) await scheduler.wait(pause);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { bytes: new Uint8Array(await new Blob(chunks).arrayBuffer()), error };
}

beforeEach(async () => {
  await env.BINARIES.put(KEY, bytes);
});

describe("a guarded stream", () => {
  it("has the bytes of its part, for any part and any size of the pieces", async () => {
    const part = fc
      .tuple(fc.nat(SIZE - 1), fc.nat(SIZE - 1))
      .map(([a, b]) => ({ offset: Math.min(a, b), length: Math.abs(a - b) + 1 }));
    await fc.assert(
      fc.asyncProperty(part, fc.integer({ min: 50_000, max: SIZE }), async (wanted, pieceBytes) => {
        const { readable, end } = await streamOf(wanted, { pieceBytes });
        const got = await readAll(readable);
        expect(got.error).toBeNull();
        expect(got.bytes).toEqual(bytes.slice(wanted.offset, wanted.offset + wanted.length));
        expect(await end).toEqual({ end: "complete" });
      }),
      { numRuns: 15 },
    );
  });

  it("decides once between two pieces", async () => {
    let decisions = 0;
    const { readable } = await streamOf(WHOLE, {
      decide: async () => {
        decisions++;
        return { ok: true };
      },
    });
    await readAll(readable);
    expect(decisions).toBe(9);
  });

  it("breaks off with an error after a refusal, at the end of a piece at the latest", async () => {
    let decisions = 0;
    const { readable, end } = await streamOf(WHOLE, { decide: () => (++decisions < 3 ? allow() : refuse()) });
    const got = await readAll(readable);
    expect(got.error).not.toBeNull();
    expect(got.bytes.length).toBeLessThanOrEqual(300_000);
    expect(got.bytes).toEqual(bytes.slice(0, got.bytes.length));
    expect(await end).toEqual({ end: "refused", code: "LICENSE_REVOKED" });
  });

  it("breaks off in the middle of a piece if its client is slow", async () => {
    let decisions = 0;
    const { readable, end } = await streamOf(WHOLE, {
      pieceBytes: SIZE,
      pieceMs: 10,
      decide: () => (++decisions < 3 ? allow() : refuse()),
    });
    const reader = readable.getReader();
    expect((await reader.read()).done).toBe(false);
    expect(await end).toEqual({ end: "refused", code: "LICENSE_REVOKED" });
    const rest = (async () => {
      while (!(await reader.read()).done);
    })();
    await expect(rest).rejects.toThrow();
    expect(decisions).toBe(3);
  });

  it("goes on if two decisions in a row cannot be made, and breaks off after the third", async () => {
    const failing = (isDown: (n: number) => boolean) => {
      let n = 0;
      return async () => {
        if (isDown(n++)) throw new Error("KV GET failed: 500");
        return { ok: true } as const;
      };
    };
    const short = await streamOf(WHOLE, { decide: failing((n) => n % 3 !== 2) });
    expect((await readAll(short.readable)).bytes.length).toBe(SIZE);
    expect(expectLogged("download.undecided")).toHaveLength(6);
    const long = await streamOf(WHOLE, { decide: failing(() => true) });
    expect((await readAll(long.readable)).error).not.toBeNull();
    expect(await long.end).toEqual({ end: "lost" });
    expect(expectLogged("download.undecided")).toHaveLength(9);
  });

  it("breaks off if R2 does not give the next piece", async () => {
    const { readable, end } = await streamOf(WHOLE, {
      read: () => Promise.reject(new Error("get: internal error")),
    });
    const got = await readAll(readable);
    expect(got.error).not.toBeNull();
    expect(got.bytes.length).toBeLessThanOrEqual(100_000);
    expect(await end).toEqual({ end: "lost" });
  });

  it("ends with its client, and asks nothing of any store afterwards", async () => {
    let reads = 0;
    const { readable, end } = await streamOf(WHOLE, {
      read: (part) => {
        reads++;
        return read(part);
      },
    });
    const reader = readable.getReader();
    await reader.read();
    await reader.cancel();
    expect(await end).toEqual({ end: "lost" });
    expect(reads).toBeLessThanOrEqual(2);
  });
});

describe("the calls of a stream", () => {
  it("fit into one invocation for 8 GiB at any speed, up to eight hours", () => {
    const pieces = [...piecesOf({ offset: 0, length: 8 * 1024 ** 3 })].length;
    expect(pieces).toBe(512);
    let decisions = 0;
    for (let at = 0; at < 8 * 3_600_000; decisions++) at += decisionPause(pieces, at);
    expect(pieces + decisions).toBeLessThan(1000);
  });

  it("allow a decision every ten seconds for half an hour of 2 GiB", () => {
    expect(decisionPause(128, 30 * 60_000)).toBe(10_000);
    expect(decisionPause(128, 60 * 60_000)).toBeLessThan(20_000);
  });
});
