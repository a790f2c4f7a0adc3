import { env, exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ReleaseIndex } from "../../../../src/domain/delivery/index/release-index.ts";
import { moveRelease } from "../../../../src/domain/releases/act.ts";
import { forgetIsolate } from "../../../../src/lib/isolate.ts";
import { newIndexSigningKey, verifyIndexDelegation } from "../../../../src/lib/minisign/index-key.ts";
import { type MinisignPublicKey, parseMinisignPublicKeys } from "../../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../../src/lib/minisign/secret-key.ts";
import { verifyText } from "../../../../src/lib/minisign/text.ts";
import { currentTime, DAY } from "../../../../src/lib/time.ts";
import { publish } from "../../../../src/platform/storage/settle.ts";
import { publishers } from "../../../../src/service.ts";
import { askApp } from "../../../support/ask-app.ts";
import { expectLogged } from "../../../support/logged.ts";
import { publisher, publishRelease } from "../../../support/publish-release.ts";
import { textOf } from "../../../support/text-of.ts";

const worker_id = "llm-worker-rbee-premium-cpu";
const path = `/v1/workers/${worker_id}/index.json`;

const get = (at: string, headers: Record<string, string> = {}): Promise<Response> =>
  exports.default.fetch(`https://catalog.test${at}`, { headers });
const textAt = async (at: string): Promise<string> => textOf(await get(at));
const codeOf = async (response: Response): Promise<unknown> => (await response.json<{ code?: unknown }>()).code;

function keysIn(text: string): MinisignPublicKey[] {
  const keys = parseMinisignPublicKeys(text);
  if (!keys.ok) throw new Error(keys.error);
  return keys.value;
}

/** The facts that a stranger can verify with the release keys alone. */
async function verifiedIndex(): Promise<ReleaseIndex> {
  const releaseKeys = keysIn(await textAt("/keys/release-signing.pub"));
  const publicKey = await textAt("/keys/index-signing.pub");
  const delegation = await verifyIndexDelegation(
    releaseKeys,
    publicKey,
    await textAt(`/keys/index-signing.pub.minisig`),
  );
  if (!delegation.ok) throw new Error(delegation.error);
  const text = await textAt(path);
  const verified = await verifyText([delegation.value.key], text, await textAt(`${path}.minisig`));
  if (!verified.ok) throw new Error(verified.error);
  const index = ReleaseIndex.parse(JSON.parse(text));
  expect(verified.value.signature.trustedComment).toBe(
    `worker:${worker_id}\tserial:${index.serial}\tgenerated:${index.generated_at}\texpires:${index.expires_at}`,
  );
  return index;
}

describe("a worker's signed index", () => {
  it("verifies from the release key down, and lists each file with its hash and signature", async () => {
    const secretKey = await generateMinisignKey();
    const { artifacts } = await publishRelease({ worker_id, version: "1.0.0", secretKey });
    const index = await verifiedIndex();
    expect(index).toMatchObject({ worker_id, latest: "1.0.0" });
    const [file] = artifacts;
    expect(index.versions[0]?.artifacts).toEqual([
      {
        platform: "linux-x86_64",
        kind: "binary",
        filename: file?.filename,
        size: file?.size,
        sha256: file?.sha256,
        signature: file?.signature,
        requires: null,
      },
    ]);
  });

  it("follows every move at once, with a higher serial each time", async () => {
    const { id } = await publishRelease({ worker_id, version: "1.0.0" });
    const serials = [(await verifiedIndex()).serial];
    for (const [action, status, latest] of [
      ["yank", "yanked", null],
      ["unyank", "published", "1.0.0"],
      ["block", "blocked", null],
    ] as const) {
      const { changeId } = await moveRelease(env.DB, publisher(), id, action, "test");
      await publish(env, publishers, { topic: "manifest", key: worker_id }, changeId === null ? [] : [changeId]);
      const index = await verifiedIndex();
      expect(index).toMatchObject({ latest, versions: [{ version: "1.0.0", status }] });
      serials.push(index.serial);
    }
    expect(serials).toEqual([...new Set(serials)].sort((a, b) => a - b));
  });

  it("is the same from every isolate, so index and signature of different isolates fit", async () => {
    await publishRelease({ worker_id, version: "1.0.0" });
    const here = await textAt(path);
    forgetIsolate();
    const there = [await textAt(`${path}.minisig`), await textAt(path)] as const;
    expect(there[1]).toBe(here);
    const verified = await verifyText(keysIn(await textAt("/keys/index-signing.pub")), here, there[0]);
    expect(verified.ok).toBe(true);
  });

  it("is made again every day", async () => {
    await publishRelease({ worker_id, version: "1.0.0" });
    const today = await verifiedIndex();
    vi.useFakeTimers({ now: (currentTime() + DAY) * 1000, toFake: ["Date"] });
    try {
      const tomorrow = await verifiedIndex();
      expect(Date.parse(tomorrow.expires_at)).toBeGreaterThan(Date.parse(today.expires_at));
      expect(tomorrow.serial).toBe(today.serial);
    } finally {
      vi.useRealTimers();
    }
  });

  it("exists for a worker without releases, also by its variant, but not for an unknown worker", async () => {
    expect((await verifiedIndex()).versions).toEqual([]);
    expect((await get("/v1/workers/premium-cpu/index.json")).status).toBe(200);
    expect(await codeOf(await get("/v1/workers/nobody/index.json"))).toBe("WORKER_NOT_FOUND");
  });

  it("is answered with 304 to a client that has it, and caches must revalidate it", async () => {
    const first = await get(path);
    expect(first.headers.get("Cache-Control")).toBe("no-cache");
    expect(first.headers.get("Content-Type")).toBe("application/json");
    const again = await get(path, { "If-None-Match": first.headers.get("ETag") ?? "" });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });

  it("never reads the ledger", async () => {
    await publishRelease({ worker_id, version: "1.0.0" });
    forgetIsolate();
    const DB = new Proxy(env.DB, {
      get: () => {
        throw new Error("the ledger was asked");
      },
    });
    expect((await askApp(path, {}, { ...env, DB })).status).toBe(200);
  });
});

describe("an index key without a release key's signature", () => {
  it("signs nothing, and nothing else fails", async () => {
    const { secret } = await newIndexSigningKey(await generateMinisignKey(), currentTime());
    const broken = { ...env, INDEX_SIGNING_KEY: secret };
    for (const at of [path, `${path}.minisig`, "/keys/index-signing.pub", "/keys/index-signing.pub.minisig"]) {
      const response = await askApp(at, {}, broken);
      expect([at, response.status, await codeOf(response)]).toEqual([at, 503, "SERVICE_UNAVAILABLE"]);
    }
    expect(expectLogged("request.failed")[0]?.message).toContain(
      "INDEX_SIGNING_KEY: The index signing key is not vouched for",
    );
    expect((await askApp(`/v1/workers/${worker_id}/versions`, {}, broken)).status).toBe(200);
  });
});
