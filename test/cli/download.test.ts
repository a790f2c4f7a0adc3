import { createHash, randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestFile } from "../../src/cli/files.ts";
import { download } from "../../src/cli/hive/download.ts";
import { serve } from "../support/node/http-server.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const bytes = randomBytes(300_000);
const sha256 = createHash("sha256").update(bytes).digest("hex");

let partPath = "";
let close: (() => void) | undefined;
beforeEach(async () => {
  partPath = join(await temporaryFolder(), "worker.part");
});
afterEach(() => close?.());

type Handler = (attempt: number, incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** Serves the bytes from the start of Range, else from 0. Breaks the connection after `count` bytes. */
function answer(incoming: IncomingMessage, outgoing: ServerResponse, count = Number.POSITIVE_INFINITY): void {
  const start = Number(/^bytes=(\d+)-$/.exec(incoming.headers.range ?? "")?.[1] ?? 0);
  const range = { "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  outgoing.writeHead(start > 0 ? 206 : 200, { "Content-Length": bytes.length - start, ...(start > 0 ? range : {}) });
  if (count >= bytes.length - start) return void outgoing.end(bytes.subarray(start));
  outgoing.write(bytes.subarray(start, start + count));
  void breakOnceWritten(start + count, outgoing);
}

/** Waits until the client has written `size` bytes, because a client loses received bytes that it has not written. */
async function breakOnceWritten(size: number, outgoing: ServerResponse): Promise<void> {
  const written = async (): Promise<number> => (await stat(partPath).catch(() => null))?.size ?? 0;
  while ((await written()) < size) await sleep(5);
  outgoing.destroy();
}

const refuse = (outgoing: ServerResponse, code: string): unknown =>
  outgoing.writeHead(403, { "Content-Type": "application/problem+json" }).end(JSON.stringify({ code, detail: code }));

async function fetchFrom(handler: Handler) {
  const ranges: (string | undefined)[] = [];
  const server = await serve((incoming, outgoing) => {
    ranges.push(incoming.headers.range);
    handler(ranges.length, incoming, outgoing);
  });
  close = server.close;
  let links = 0;
  const outcome = await download({
    partPath,
    onProgress: () => {},
    sleep: async () => {},
    source: async () => {
      links++;
      return { url: `${server.url}/dl/${links}`, size: bytes.length, sha256 };
    },
  }).then(
    // The digest is of the bytes that are there, whether this run received them or an earlier one.
    async (digest) => {
      expect(digest).toEqual(await digestFile(partPath));
      return "ok";
    },
    (error: unknown) => (error instanceof Error && "exitCode" in error ? error.exitCode : error),
  );
  return { outcome, ranges, links };
}

describe("a download", () => {
  it("resumes after a broken connection", async () => {
    const { outcome, ranges } = await fetchFrom((attempt, incoming, outgoing) =>
      answer(incoming, outgoing, attempt < 3 ? 100_000 : undefined),
    );
    expect([outcome, ranges]).toEqual(["ok", [undefined, "bytes=100000-", "bytes=200000-"]]);
    expect(bytes.equals(await readFile(partPath))).toBe(true);
  });

  it("resumes the part of an earlier run, also from R2, whose ETag is not the sum of the file", async () => {
    await writeFile(partPath, bytes.subarray(0, 1000));
    const { outcome, ranges } = await fetchFrom((_attempt, incoming, outgoing) => {
      const condition = incoming.headers["if-range"];
      // RFC 9110, section 13.1.5: for a condition that names another ETag, the Range does not count.
      if (condition === undefined || condition === '"ceb8853ddc5086cc4ab9e149f8f09c88-1"') answer(incoming, outgoing);
      else outgoing.writeHead(200).end(bytes);
    });
    expect([outcome, ranges]).toEqual(["ok", ["bytes=1000-"]]);
    expect(bytes.equals(await readFile(partPath))).toBe(true);
  });

  it("starts over if the server sends all of another file", async () => {
    await writeFile(partPath, "left over from another file");
    const { outcome } = await fetchFrom((_attempt, _incoming, outgoing) => outgoing.writeHead(200).end(bytes));
    expect(outcome).toBe("ok");
    expect(bytes.equals(await readFile(partPath))).toBe(true);
  });

  it("starts over if the part is larger than the file", async () => {
    await writeFile(partPath, randomBytes(bytes.length + 1));
    const { outcome, ranges } = await fetchFrom((_attempt, incoming, outgoing) => answer(incoming, outgoing));
    expect([outcome, ranges]).toEqual(["ok", [undefined]]);
    expect(bytes.equals(await readFile(partPath))).toBe(true);
  });

  it("asks for a new link if one expires during the download", async () => {
    const { outcome, links } = await fetchFrom((attempt, incoming, outgoing) => {
      if (attempt === 1) answer(incoming, outgoing, 100_000);
      else if (attempt === 2) refuse(outgoing, "LINK_EXPIRED");
      else answer(incoming, outgoing);
    });
    expect([outcome, links]).toEqual(["ok", 3]);
    expect(bytes.equals(await readFile(partPath))).toBe(true);
  });

  it("asks for a new link if one to R2 has ended, which R2 says in XML", async () => {
    const { outcome, links } = await fetchFrom((attempt, incoming, outgoing) => {
      const xml = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
      if (attempt === 1) outgoing.writeHead(403, { "Content-Type": "application/xml" }).end(xml);
      else answer(incoming, outgoing);
    });
    expect([outcome, links]).toEqual(["ok", 2]);
  });

  it("ends if the license is revoked, and keeps its part", async () => {
    const { outcome, ranges } = await fetchFrom((attempt, incoming, outgoing) => {
      if (attempt === 1) answer(incoming, outgoing, 100_000);
      else refuse(outgoing, "LICENSE_REVOKED");
    });
    expect([outcome, ranges.length]).toEqual([5, 2]);
    expect((await readFile(partPath)).length).toBe(100_000);
  });

  it("fails after five attempts without a new byte", async () => {
    const { outcome, ranges } = await fetchFrom((_attempt, _incoming, outgoing) => outgoing.destroy());
    expect([outcome, ranges.length]).toEqual([7, 5]);
  });

  it("fails after five attempts without a further byte behind a proxy that strips the range", async () => {
    const { outcome, ranges } = await fetchFrom((attempt, _incoming, outgoing) => {
      if (attempt > 20) return void outgoing.writeHead(200).end(bytes);
      outgoing.writeHead(200, { "Content-Length": bytes.length });
      const count = attempt % 2 === 0 ? 200_000 : 100_000;
      outgoing.write(bytes.subarray(0, count), () => setTimeout(() => outgoing.destroy(), 100));
    });
    expect(outcome).toBe(7);
    expect(ranges.length).toBeLessThan(20);
  });

  it("fails if the server sends more bytes than the file has", async () => {
    const { outcome } = await fetchFrom((_attempt, _incoming, outgoing) =>
      outgoing.writeHead(200).end(Buffer.concat([bytes, bytes])),
    );
    expect(outcome).toBe(6);
  });
});
