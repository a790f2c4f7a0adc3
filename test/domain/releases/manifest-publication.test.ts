import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createRelease, moveRelease } from "../../../src/domain/releases/act.ts";
import { type Manifest, manifestOfRecord, manifestSchema } from "../../../src/domain/releases/manifest.ts";
import { manifestFromLedger, manifestPublisher } from "../../../src/domain/releases/manifest-publication.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { drainOutbox } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { expectLogged } from "../../support/logged.ts";
import { packageFile } from "../../support/package-fixture.ts";
import { addFile, publisher, publishRelease, randomBytes } from "../../support/publish-release.ts";

/** A time at which no request can still be publishing the changes of a test. */
const LATER = currentTime() + 600;

const worker_id = "llm-worker-rbee-premium-cpu";
const inKv = async () => manifestSchema().parse(await env.EDGE.get(`manifest:${worker_id}`, "json"));
const versions = ({ releases }: Manifest) => releases.map(({ version, status }) => `${version} ${status}`);

describe("the manifest of a worker", () => {
  it("has every release but drafts, highest version first, with the facts for serving its files", async () => {
    const old = await publishRelease({ worker_id, version: "1.9.0" });
    await publishRelease({ worker_id, version: "1.10.0-rc.1" });
    await publishRelease({ worker_id, version: "1.10.0", notes: "Faster." });
    await publishRelease({ worker_id: "llm-worker-rbee-premium-cuda", version: "3.0.0" });
    await createRelease(env.DB, publisher(), { worker_id, version: "2.0.0", channel: "stable", notes: null });
    await moveRelease(env.DB, publisher(), old.id, "block", "takedown");
    const manifest = await manifestFromLedger(env.DB, worker_id, currentTime());
    expect(versions(manifest)).toEqual(["1.10.0 published", "1.10.0-rc.1 published", "1.9.0 blocked"]);
    const [newest] = manifest.releases;
    expect(newest).toMatchObject({ channel: "stable", notes: "Faster.", published_at: expect.any(Number) });
    const [file] = newest?.artifacts ?? [];
    expect(file).toMatchObject({
      platform: "linux-x86_64",
      filename: "worker-linux-x86_64",
      size: 100,
      signature: null,
    });
    expect((await env.BINARIES.head(file?.object_key ?? ""))?.size).toBe(100);
    expect(manifestSchema().parse(manifest)).toEqual(manifest);
  });

  it("has a block even if the record of packages cannot be written", async () => {
    const { id } = await publishRelease({ worker_id, version: "1.0.0", files: [packageFile(worker_id, "1.0.0")] });
    await moveRelease(env.DB, publisher(), id, "block", "a takedown");
    const EDGE = Object.assign(Object.create(env.EDGE), {
      put: (key: string, value: string) =>
        key.startsWith("packages:") ? Promise.reject(new Error("KV PUT failed: 413")) : env.EDGE.put(key, value),
    });
    await expect(manifestPublisher.publish({ ...env, EDGE }, worker_id)).rejects.toThrow("413");
    expect(versions(await inKv())).toEqual(["1.0.0 blocked"]);
  });

  it("is in KV as in the ledger once published, and its mark changes with every change", async () => {
    const { id } = await publishRelease({ worker_id, version: "1.0.0" });
    const manifest = await inKv();
    expect(manifest).toEqual(await manifestFromLedger(env.DB, worker_id, manifest.published_at));
    const before = await manifestPublisher.mark(env, worker_id);
    await moveRelease(env.DB, publisher(), id, "yank", "crashes");
    const mark = await manifestPublisher.mark(env, worker_id);
    expect(mark).not.toBe(before);
    expect(await manifestPublisher.publish(env, worker_id)).toBe(mark);
    await createRelease(env.DB, publisher(), { worker_id, version: "2.0.0", channel: "stable", notes: null });
    expect(await manifestPublisher.mark(env, worker_id)).toBe(mark);
  });

  it("accepts a record without kinds and OpenPGP signatures, and is parsed once per isolate", async () => {
    await publishRelease({ worker_id, version: "1.0.0" });
    const { published_at: _, ...manifest } = await inKv();
    const old = {
      ...manifest,
      releases: manifest.releases.map((release) => ({
        ...release,
        artifacts: release.artifacts.map(({ kind: _kind, pgp_signature: _signature, ...file }) => file),
      })),
    };
    const read = manifestOfRecord(old);
    expect(read).toMatchObject({
      published_at: 0,
      releases: [{ artifacts: [{ kind: "binary", pgp_signature: null }] }],
    });
    expect(manifestOfRecord(old)).toBe(read);
    expect(manifestOfRecord(null)).toBeNull();
  });

  it("has the binaries of a release first, and the contents of its packages in a record of their own", async () => {
    const file = packageFile(worker_id, "1.0.0");
    await publishRelease({ worker_id, version: "1.0.0", files: [file, { bytes: randomBytes(10) }] });
    const [release] = (await inKv()).releases;
    expect(release?.artifacts.map(({ kind, filename }) => [kind, filename])).toEqual([
      ["binary", "worker-linux-x86_64"],
      ["package", file.filename],
    ]);
    expect(await env.EDGE.get(`packages:${worker_id}`, "json")).toEqual({ [file.filename ?? ""]: file.contents });
  });

  it("reaches KV by the cron if the request was interrupted between D1 and KV", async () => {
    const draft = await createRelease(env.DB, publisher(), {
      worker_id,
      version: "1.0.0",
      channel: "stable",
      notes: null,
    });
    await addFile(draft.id, { bytes: randomBytes(10) });
    await moveRelease(env.DB, publisher(), draft.id, "publish", null);
    expect(await env.EDGE.get(`manifest:${worker_id}`)).toBeNull();
    expect(await drainOutbox(env, publishers, LATER)).toEqual({ published: 1, failed: 0, hasMore: false });
    expect(versions(await inKv())).toEqual(["1.0.0 published"]);
    expect(await drainOutbox(env, publishers, LATER)).toEqual({ published: 0, failed: 0, hasMore: false });
  });

  it("stays in the outbox while KV fails", async () => {
    const { id } = await publishRelease({ worker_id, version: "1.0.0" });
    await moveRelease(env.DB, publisher(), id, "block", "takedown");
    const failing = {
      ...env,
      EDGE: { put: () => Promise.reject(new Error("KV PUT failed: 500")) } as unknown as KVNamespace,
    };
    expect(await drainOutbox(failing, publishers, LATER)).toEqual({ published: 0, failed: 1, hasMore: false });
    expectLogged("publication.failed");
    expect(versions(await inKv())).toEqual(["1.0.0 published"]);
    expect(await drainOutbox(env, publishers, LATER)).toEqual({ published: 1, failed: 0, hasMore: false });
    expect(versions(await inKv())).toEqual(["1.0.0 blocked"]);
  });
});
