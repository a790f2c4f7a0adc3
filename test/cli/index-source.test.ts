import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { checkReleaseIndex, openIndexSource } from "../../src/cli/verify/index-source.ts";
import {
  INDEX_LIFETIME,
  indexComment,
  indexTime,
  releaseIndex,
} from "../../src/domain/delivery/index/release-index.ts";
import { delegateIndexKey, verifyIndexDelegation } from "../../src/lib/minisign/index-key.ts";
import { formatMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, type MinisignSecretKey } from "../../src/lib/minisign/secret-key.ts";
import { signText } from "../../src/lib/minisign/text.ts";
import { DAY } from "../../src/lib/time.ts";
import { FACTS, manifestWith, releaseOf, WORKER } from "../support/index-fixture.ts";
import { serve } from "../support/node/http-server.ts";

const NOW = 1_795_435_200;
const releaseKey = await generateMinisignKey();
const indexKey = await generateMinisignKey();
const NOTHING_SEEN = { delegated_at: 0, serials: {} };

/** An index as the catalog serves it, with this serial and time. */
async function signedIndex(serial = 7, at = NOW, key: MinisignSecretKey = indexKey) {
  const index = releaseIndex(FACTS, manifestWith(serial, releaseOf("1.0.0")), at);
  const text = JSON.stringify(index);
  return { text, minisig: await signText(key, text, indexComment(index)) };
}

const asked = { workerId: WORKER, seenSerial: 7, now: NOW };

describe("an index", () => {
  it("is trusted for a week after its signature, unless a newer one was seen", async () => {
    const signed = await signedIndex();
    expect(await checkReleaseIndex(signed, indexKey, asked)).toMatchObject({ ok: true, value: { serial: 7 } });
    const last = { ...asked, now: NOW + INDEX_LIFETIME - 1 };
    expect((await checkReleaseIndex(signed, indexKey, last)).ok).toBe(true);
    for (const [change, reason] of [
      [{ now: NOW + INDEX_LIFETIME }, "it expired at 2026-11-30"],
      [{ workerId: "llm-worker-rbee-cpu" }, `it is the index of ${WORKER}`],
    ] as const) {
      const refused = await checkReleaseIndex(signed, indexKey, { ...asked, ...change });
      expect(refused).toMatchObject({ ok: false, error: { kind: "refused", reason: expect.stringContaining(reason) } });
    }
  });

  it("is refused if any byte is altered", async () => {
    const { text, minisig } = await signedIndex();
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
        const altered = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        const { ok } = await checkReleaseIndex({ text: altered, minisig }, indexKey, asked);
        expect(ok).toBe(altered === text);
      }),
    );
  });

  it("is refused if it is signed by another key, has the signature of another version, or is older than one seen", async () => {
    const forged = await signedIndex(7, NOW, await generateMinisignKey());
    expect(await checkReleaseIndex(forged, indexKey, asked)).toMatchObject({ error: { kind: "refused" } });
    const pair = { text: (await signedIndex(7)).text, minisig: (await signedIndex(8)).minisig };
    expect(await checkReleaseIndex(pair, indexKey, asked)).toMatchObject({ error: { kind: "unsettled" } });
    expect(await checkReleaseIndex(await signedIndex(7), indexKey, { ...asked, seenSerial: 8 })).toMatchObject({
      error: {
        kind: "unsettled",
        reason: expect.stringContaining("older (serial 7) than one that this machine has seen (8)"),
      },
    });
  });
});

it("an index and a signature of two deployments are asked for again, though the releases are the same", async () => {
  const manifest = manifestWith(7, releaseOf("1.0.0"));
  const at = indexTime(manifest, NOW);
  // The index as it was before it told the facts of the worker: of the same serial and day.
  const { worker: _, ...before } = releaseIndex(FACTS, manifest, at - (at % DAY));
  const { minisig } = await signedIndex(7, at);
  const torn = await checkReleaseIndex({ text: JSON.stringify(before), minisig }, indexKey, asked);
  expect(torn).toMatchObject({ error: { kind: "unsettled" } });
});

describe("a source of indexes", () => {
  let close: (() => void) | undefined;
  afterEach(() => close?.());

  /** Opens a source on a server of these files. `sleep` is called for each wait. */
  async function open(files: Map<string, string>, sleep = async () => {}, seen = NOTHING_SEEN) {
    const server = await serve((request, response) => {
      const text = files.get(request.url ?? "");
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    ({ close } = server);
    const client = new CatalogClient({ url: server.url });
    return openIndexSource({ client, releaseKeys: [releaseKey], seen, now: NOW, sleep });
  }

  const publicKey = formatMinisignPublicKey(indexKey);
  const at = `/v1/workers/${WORKER}/index.json`;
  async function filesOf(index: { text: string; minisig: string }, delegatedAt = NOW): Promise<Map<string, string>> {
    return new Map([
      ["/keys/index-signing.pub", publicKey],
      ["/keys/index-signing.pub.minisig", await delegateIndexKey(releaseKey, indexKey, delegatedAt)],
      [at, index.text],
      [`${at}.minisig`, index.minisig],
    ]);
  }

  it("refuses an older index or index key in the next run", async () => {
    const source = await open(await filesOf(await signedIndex(7)));
    expect((await source.read(WORKER)).serial).toBe(7);
    expect(source.seen()).toEqual({ delegated_at: NOW, serials: { [WORKER]: 7 } });
    close?.();
    const older = await open(await filesOf(await signedIndex(6)), undefined, source.seen());
    await expect(older.read(WORKER)).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining("older") });
    close?.();
    const replaced = open(await filesOf(await signedIndex(7), NOW - 1), undefined, source.seen());
    await expect(replaced).rejects.toMatchObject({ exitCode: 6, message: expect.stringContaining("replaced") });
  });

  it("accepts any serial under a newer index key, because a thief of the old key may have signed the highest", async () => {
    const seen = { delegated_at: NOW - 1, serials: { [WORKER]: Number.MAX_SAFE_INTEGER } };
    const source = await open(await filesOf(await signedIndex(7)), undefined, seen);
    expect((await source.read(WORKER)).serial).toBe(7);
    expect(source.seen()).toEqual({ delegated_at: NOW, serials: { [WORKER]: 7 } });
  });

  it("retries if a server still serves an older index after a release", async () => {
    const files = await filesOf(await signedIndex(6));
    const newer = await signedIndex(7);
    const settle = async () => {
      files.set(at, newer.text).set(`${at}.minisig`, newer.minisig);
    };
    const source = await open(files, settle, { delegated_at: NOW, serials: { [WORKER]: 7 } });
    expect((await source.read(WORKER)).serial).toBe(7);
  });

  it("retries, a limited number of times, if the index and its signature do not match", async () => {
    const [before, after] = [await signedIndex(7), await signedIndex(8)];
    const files = await filesOf({ text: before.text, minisig: after.minisig });
    let waits = 0;
    const source = await open(files, async () => {
      waits += 1;
      files.set(at, after.text);
    });
    expect([(await source.read(WORKER)).serial, waits]).toEqual([8, 1]);
    close?.();
    const torn = await open(await filesOf({ text: before.text, minisig: after.minisig }), async () => {
      waits += 1;
    });
    await expect(torn.read(WORKER)).rejects.toMatchObject({ exitCode: 6 });
    expect(waits).toBe(1 + 11);
  });

  it("names the file that is missing", async () => {
    const files = await filesOf(await signedIndex());
    files.delete(`${at}.minisig`);
    const source = await open(files);
    await expect(source.read(WORKER)).rejects.toMatchObject({ exitCode: 4, message: expect.stringContaining(at) });
  });
});

describe("the index key", () => {
  it("is trusted only with a delegation by the release key", async () => {
    const publicKey = formatMinisignPublicKey(indexKey);
    const delegation = await delegateIndexKey(releaseKey, indexKey, NOW);
    const believed = await verifyIndexDelegation([releaseKey], publicKey, delegation);
    expect(believed).toMatchObject({ ok: true, value: { delegatedAt: NOW, key: { keyId: indexKey.keyId } } });
    const other = await generateMinisignKey();
    const otherKey = formatMinisignPublicKey(other);
    // A signature as for a release: over the same bytes, but for another purpose.
    const comment = `file:index-signing.pub\tworker:${WORKER}\tversion:1.0.0`;
    for (const [keys, text, minisig] of [
      [[other], publicKey, delegation],
      [[releaseKey], otherKey, delegation],
      [[releaseKey], otherKey, await delegateIndexKey(other, other, NOW)],
      [[releaseKey], publicKey, await signText(releaseKey, publicKey, comment)],
      [[], publicKey, delegation],
    ] as const) {
      expect((await verifyIndexDelegation([...keys], text, minisig)).ok).toBe(false);
    }
  });
});
