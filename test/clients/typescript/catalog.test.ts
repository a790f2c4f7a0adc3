import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { Catalog, download, memorySink, readPublicKeys } from "../../../clients/typescript/src/index.ts";
import { formatMinisignPublicKey } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { catalogUnderTest, requests } from "../../support/client-fixture.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const platform = "linux-x86_64";

const secretKey = await generateMinisignKey();
const releaseKeys = readPublicKeys(formatMinisignPublicKey(secretKey)) ?? [];
const otherKeys = readPublicKeys(formatMinisignPublicKey(await generateMinisignKey())) ?? [];

beforeEach(() => {
  requests.length = 0;
});

describe("a catalog", () => {
  it("lists its workers, and those that match a filter", async () => {
    const catalog = catalogUnderTest();
    expect((await catalog.list()).map(({ id }) => id)).toContain(FREE);
    const cuda = await catalog.list({ backend: "cuda", tier: "free" });
    expect(cuda.length).toBeGreaterThan(0);
    expect(cuda.every(({ backend, tier }) => backend === "cuda" && tier === "free")).toBe(true);
  });

  it("answers an operation by its name, and names the parameter that is wrong", async () => {
    const catalog = catalogUnderTest();
    const listed = await catalog.call("listVersions", { path: { id: "cpu" } });
    expect(listed).toMatchObject({ worker_id: FREE, latest: null, versions: [] });
    await expect(catalog.call("listVersions", { path: { id: "no/such" } })).rejects.toMatchObject({
      code: "WORKER_NOT_FOUND",
    });
    // @ts-expect-error: the type refuses it too.
    const wrong = catalog.call("listVersions", { path: { id: "cpu" }, query: { channel: "nightly" } });
    await expect(wrong).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      errors: [{ path: expect.stringContaining("channel") }],
    });
  });

  it("is asked over https only, but for this machine", async () => {
    expect(catalogUnderTest().url).toBe(env.PUBLIC_URL);
    const plain = new Catalog({ url: "http://catalog.example" });
    await expect(plain.list()).rejects.toMatchObject({ code: "URL_NOT_SECURE" });
  });

  it("chooses the file for a machine, and says what the others lack", async () => {
    const filename = "cpu-glibc";
    await publishRelease({ worker_id: FREE, version: "1.0.0", secretKey, bytes: randomBytes(10), filename });
    const machine = { platform: "linux-x86_64", libc: { name: "glibc", version: "2.39" }, gpus: [] };
    const { choice, untried, ruled_out } = await catalogUnderTest().resolve({ machine });
    expect([choice, untried]).toEqual([{ worker_id: FREE, version: "1.0.0", platform, filename }, []]);
    expect(ruled_out.map(({ code }) => code)).toContain("WRONG_BACKEND");
    const request = { worker: FREE, version: "1.0.0", filename, releaseKeys, sink: memorySink() };
    expect(await download(catalogUnderTest(), request)).toMatchObject({ filename, size: 10 });
  });

  it("has a signed index, of which an older one is refused", async () => {
    const catalog = catalogUnderTest();
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0", secretKey });
    const { keys } = await catalog.releaseKeys();
    const { index, seen } = await catalog.releaseIndex(PREMIUM, { releaseKeys: keys });
    expect(index).toMatchObject({ worker_id: PREMIUM, latest: "1.0.0" });
    expect(await catalog.releaseIndex(PREMIUM, { releaseKeys: keys, seen })).toMatchObject({ seen });
    const later = { ...seen, serial: seen.serial + 1 };
    for (const refused of [{ releaseKeys: keys, seen: later }, { releaseKeys: otherKeys }]) {
      await expect(catalog.releaseIndex(PREMIUM, refused)).rejects.toMatchObject({ code: "INDEX_REFUSED" });
    }
  });
});

describe("a download", () => {
  it("of a free worker needs no license, and none is sent", async () => {
    const bytes = randomBytes(200_000);
    await publishRelease({ worker_id: FREE, version: "1.0.0", secretKey, bytes });
    const { key } = await issueLicense();
    requests.length = 0;
    const sink = memorySink();
    const request = { worker: "cpu", platform, license: key, fingerprint: "attic", releaseKeys, sink } as const;
    expect(await download(catalogUnderTest(), request)).toMatchObject({
      worker_id: FREE,
      version: "1.0.0",
      size: 200_000,
    });
    expect(sink.bytes()).toEqual(bytes);
    expect(requests.filter((line) => line.includes("credential"))).toEqual([]);
  });

  it("of a premium worker sends the license once it is asked for, and never with the bytes", async () => {
    const bytes = randomBytes(5000);
    await publishRelease({ worker_id: PREMIUM, version: "1.2.0", secretKey, bytes });
    const { key } = await issueLicense();
    const token = await tokenFor(key, "attic");
    requests.length = 0;
    const sink = memorySink();
    await download(catalogUnderTest(), { worker: PREMIUM, platform, license: async () => token, releaseKeys, sink });
    expect(sink.bytes()).toEqual(bytes);
    expect(requests.map((line) => line.replace(/\/dl\/[\w-]+/, "/dl/..."))).toEqual([
      `GET /v1/workers/${PREMIUM}/latest/download`,
      `GET /v1/workers/${PREMIUM}/latest/download with a credential`,
      "GET /dl/...",
      "GET /dl/.../minisig",
    ]);
  });

  it("by a license key names its machine, also one beyond ASCII", async () => {
    await publishRelease({ worker_id: PREMIUM, version: "1.2.0", secretKey });
    const { key } = await issueLicense();
    const request = { worker: PREMIUM, platform, license: key, fingerprint: "Büro-PC ✓", releaseKeys } as const;
    await download(catalogUnderTest(), { ...request, sink: memorySink() });
    // The header and the body of a request name the same machine.
    await catalogUnderTest().deactivate(key, "Büro-PC ✓");
    expect((await catalogUnderTest().license(key)).machines).toEqual([]);
  });

  it("goes on after the bytes of an earlier run, and reports its progress", async () => {
    const bytes = randomBytes(100_000);
    await publishRelease({ worker_id: FREE, version: "1.0.0", secretKey, bytes });
    const sink = memorySink();
    await sink.append(bytes.subarray(0, 60_000));
    const seen: number[] = [];
    const request = { worker: FREE, platform, releaseKeys, sink, onProgress: (n: number) => seen.push(n) } as const;
    await download(catalogUnderTest(), request);
    expect([seen[0], seen.at(-1)]).toEqual([60_000, 100_000]);
    expect(sink.bytes()).toEqual(bytes);
  });

  it("begins anew if the bytes of an earlier run are of another file", async () => {
    const bytes = randomBytes(10_000);
    await publishRelease({ worker_id: FREE, version: "1.0.0", secretKey, bytes });
    for (const other of [randomBytes(4000), randomBytes(10_000), randomBytes(20_000)]) {
      const sink = memorySink();
      await sink.append(other);
      await download(catalogUnderTest(), { worker: FREE, platform, releaseKeys, sink });
      expect(sink.bytes()).toEqual(bytes);
    }
  });

  it("is refused and dropped if another key signed the file, or none", async () => {
    await publishRelease({ worker_id: FREE, version: "1.0.0", secretKey });
    await publishRelease({ worker_id: FREE, version: "1.1.0" });
    for (const version of ["1.0.0", "1.1.0"]) {
      const sink = memorySink();
      const request = { worker: FREE, version, platform, releaseKeys: otherKeys, sink } as const;
      await expect(download(catalogUnderTest(), request)).rejects.toMatchObject({ code: "FILE_ALTERED" });
      expect(await sink.size()).toBe(0);
    }
  });

  it("says the newest version that a license covers, and where to buy one", async () => {
    await publishRelease({ worker_id: PREMIUM, version: "1.9.0", secretKey });
    await publishRelease({ worker_id: PREMIUM, version: "2.0.0", secretKey });
    const { key } = await issueLicense({ plan: "premium-lifetime" });
    const request = { worker: PREMIUM, version: "2.0.0", platform, releaseKeys, sink: memorySink() } as const;
    await expect(download(catalogUnderTest(), request)).rejects.toMatchObject({ code: "CREDENTIAL_REQUIRED" });
    const licensed = download(catalogUnderTest(), { ...request, license: key, fingerprint: "attic" });
    await expect(licensed).rejects.toMatchObject({
      code: "VERSION_NOT_COVERED",
      latestCoveredVersion: "1.9.0",
      purchaseUrl: expect.stringMatching(/^https:/),
    });
  });
});
