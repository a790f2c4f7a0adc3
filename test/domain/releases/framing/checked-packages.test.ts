import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createRelease, deleteDraft, moveRelease } from "../../../../src/domain/releases/act.ts";
import { runCheckStep } from "../../../../src/domain/releases/artifact/check-run.ts";
import { requestCheck } from "../../../../src/domain/releases/artifact/check-store.ts";
import { completeArtifact } from "../../../../src/domain/releases/artifact/completion.ts";
import { freeDiscardedObjects } from "../../../../src/domain/releases/artifact/discarded-store.ts";
import { readArtifact } from "../../../../src/domain/releases/artifact/store.ts";
import { declareArtifact, removeArtifact } from "../../../../src/domain/releases/artifact/upload.ts";
import type { Framer } from "../../../../src/domain/releases/framing/framer.ts";
import type { FramedFile, Framing } from "../../../../src/domain/releases/framing/framing.ts";
import { framedFromLedger } from "../../../../src/domain/releases/framing/ledger.ts";
import { framedKey, framedOfRecord } from "../../../../src/domain/releases/framing/record.ts";
import { readFramed } from "../../../../src/domain/releases/framing/stream.ts";
import type { Artifact } from "../../../../src/domain/releases/store.ts";
import { currentTime, DAY } from "../../../../src/lib/time.ts";
import { settleInJob } from "../../../../src/platform/storage/settle.ts";
import { publishers } from "../../../../src/service.ts";
import { count } from "../../../support/license-fixture.ts";
import { expectLogged } from "../../../support/logged.ts";
import { plainFraming, signedFraming, testFramer } from "../../../support/made-up-framing.ts";
import { declarationOf, publisher, randomBytes, sha256Hex, uploadAll } from "../../../support/publish-release.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const OPTIONAL = { required: false, keys: [] };
const bytes = randomBytes(10_000);

let releaseId = "";
beforeEach(async () => {
  const draft = { worker_id: WORKER, version: "1.2.0", channel: "stable", notes: null } as const;
  releaseId = (await createRelease(env.DB, publisher(), draft)).id;
});

async function uploaded(file: Parameters<typeof declarationOf>[0] = { bytes }): Promise<Artifact> {
  const { artifact } = await declareArtifact(env, publisher(), releaseId, await declarationOf(file));
  await uploadAll(artifact, file.bytes);
  return artifact;
}

const complete = async (artifact: Artifact, framer: Framer) =>
  (
    await completeArtifact(
      env,
      publisher(),
      { releaseId, id: artifact.id },
      { signature: null, policy: OPTIONAL, framer },
    )
  ).artifact;

/** The check by the steps of its job, with a state in the ledger after each slice. */
async function check(
  artifact: Artifact,
  framerOf: (step: number) => Framer | Promise<Framer>,
  slice = 700,
): Promise<number> {
  await requestCheck(env.DB, publisher(), artifact, { signature: null, pgpSignature: null });
  const plan = { slice, step: 3 * slice };
  let step = 0;
  while (await runCheckStep(env, artifact.id, OPTIONAL, { framer: await framerOf(step++), plan }));
  return step;
}

const publish = async (): Promise<void> => {
  const { changes } = await moveRelease(env.DB, publisher(), releaseId, "publish", null);
  await settleInJob(env, publishers, changes);
};

async function open(key: string, range: { offset: number; length: number }) {
  const object = await env.BINARIES.get(key, { range });
  if (!object) throw new Error(`lost ${key}`);
  return object.body;
}

async function served(file: FramedFile, { object_key }: Artifact): Promise<Uint8Array<ArrayBuffer>> {
  const body = await readFramed(open, file, object_key, { offset: 0, length: file.size });
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** The packages of the published release, each as it is served. */
async function framedFiles(artifact: Artifact) {
  const names = ["plain", "signed"];
  const records = await Promise.all(names.map((name) => framedFromLedger(env.DB, name, WORKER)));
  const files = records.flatMap((record) => record.files);
  for (const file of files) {
    const whole = await served(file, artifact);
    expect([whole.length, await sha256Hex(whole)]).toEqual([file.size, file.sha256]);
  }
  return files;
}

const keys = async (prefix: string) => (await env.BINARIES.list({ prefix })).objects.map(({ key }) => key);

describe("packages of a binary that is checked", () => {
  it("are ready with it, with the sums of the bytes that are served", async () => {
    const artifact = await complete(await uploaded(), testFramer(plainFraming, signedFraming));
    await publish();
    const files = await framedFiles(artifact);
    expect(files.map(({ filename, stored, version }) => [filename, stored, version])).toEqual([
      [`${WORKER}_1.2.0_linux-x86_64.plain`, artifact.filename, "1.2.0"],
      [`${WORKER}-1.2.0.signed`, artifact.filename, "1.2.0"],
    ]);
    const [plain, signed] = files;
    expect(plain?.index).toEqual({ summary: expect.any(String), sum: plain?.sha256 });
    const payload = await sha256Hex(new Uint8Array([...new TextEncoder().encode("payload:"), ...bytes]));
    expect(signed?.index).toMatchObject({
      rounds: [
        { size: 10_008, sha256: payload },
        { size: signed?.size, sha256: signed?.sha256 },
      ],
    });
    const { results } = await env.DB.prepare("SELECT format, signed_by FROM framed_files ORDER BY format").all();
    expect(results).toEqual([
      { format: "plain", signed_by: null },
      { format: "signed", signed_by: "A".repeat(40) },
    ]);
  });

  it("are published after the manifest, in a record that readers parse", async () => {
    const artifact = await complete(await uploaded(), testFramer(plainFraming));
    await publish();
    const record = framedOfRecord(await env.EDGE.get(framedKey("plain", WORKER), "json"));
    expect(record).toEqual(await framedFromLedger(env.DB, "plain", WORKER));
    expect(record?.files).toMatchObject([{ stored: artifact.filename }]);
    expect(framedOfRecord({ files: [{ size: "large" }] })).toBeNull();
    expectLogged("framed.unreadable");
  });

  it("by the steps of a job are those of a check at once, however its slices fall", async () => {
    const artifact = await complete(await uploaded(), testFramer(plainFraming, signedFraming));
    const sums = "SELECT format, sha256, size, layout, listing FROM framed_files ORDER BY format";
    const expected = (await env.DB.prepare(sums).all()).results;
    const at = (await readArtifact(env.DB, releaseId, artifact.id)).created_at;
    for (const slice of [499, 2000, 10_000, 20_000]) {
      await removeArtifact(env, publisher(), releaseId, (await readArtifactOf()).id);
      const again = await uploaded();
      await env.DB.prepare("UPDATE artifacts SET created_at = ?").bind(at).run();
      await check(again, () => testFramer(plainFraming, signedFraming), slice);
      expect((await env.DB.prepare(sums).all()).results).toEqual(expected);
    }
  });

  it("start again when the pieces change while the file is read, as by a deployment", async () => {
    const artifact = await uploaded();
    const steps = await check(artifact, (step) =>
      testFramer({ ...plainFraming, load: step < 2 ? other : plainFraming.load }),
    );
    // 5 steps read the file once. The sums start again in the second read.
    expect(steps).toBeGreaterThan(8);
    await publish();
    expect((await framedFiles(await readArtifactOf()))[0]?.index).toHaveProperty("summary");
  });

  it("start again when another version of the catalog has saved their sums in another form", async () => {
    const artifact = await uploaded();
    const framer = async (step: number) => {
      if (step === 2) await env.DB.prepare("UPDATE artifact_checks SET framing = '{}'").run();
      return testFramer(plainFraming);
    };
    expect(await check(artifact, framer)).toBeGreaterThan(8);
    await publish();
    expect(await framedFiles(await readArtifactOf())).toHaveLength(1);
  });

  it("never block the file: a framing that throws is logged and left out", async () => {
    const broken: Framing = {
      ...plainFraming,
      name: "broken",
      load: () => Promise.reject(new Error("a fault of ours")),
    };
    const artifact = await complete(await uploaded(), testFramer(broken, plainFraming));
    expect(artifact.state).toBe("ready");
    expect(expectLogged("framing.failed")).toEqual([
      { event: "framing.failed", artifact_id: artifact.id, format: "broken", message: "a fault of ours" },
    ]);
    await publish();
    expect(await framedFiles(artifact)).toHaveLength(1);
  });

  it("never block the file, whichever part of the making is at fault", async () => {
    const maker = await plainFraming.load();
    const fault = () => Promise.reject(new Error("a fault of ours"));
    const parts: Partial<typeof maker>[] = [
      { rounds: [fault] },
      { rounds: [] },
      { rounds: [async () => [{ offset: 0, length: 20_000 }]] },
      { index: fault },
      { index: async () => ({ text: "x".repeat(30_000) }) },
      { index: async () => ({ size: 1n }) },
      {
        filename: () => {
          throw new Error("a fault of ours");
        },
      },
    ];
    const framings = parts.map((part, at) => ({
      ...plainFraming,
      name: `f${at}`,
      load: async () => ({ ...maker, ...part }),
    }));
    await complete(await uploaded(), testFramer(...framings, plainFraming));
    expect(expectLogged("framing.failed").map(({ format }) => format)).toHaveLength(parts.length);
    const { results } = await env.DB.prepare("SELECT format FROM framed_files").all();
    expect(results).toEqual([{ format: "plain" }]);
    await removeArtifact(env, publisher(), releaseId, (await readArtifactOf()).id);
    const speechless = { ...testFramer(plainFraming), publishing: fault };
    expect((await complete(await uploaded(), speechless)).state).toBe("ready");
  });

  it("that change in every step are left out at last", async () => {
    const artifact = await uploaded();
    await check(artifact, (step) => testFramer({ ...plainFraming, load: () => numbered(step) }));
    expect((await readArtifactOf()).state).toBe("ready");
    expect(await count("framed_files")).toBe(0);
    expectLogged("framing.failed");
  });

  it("are not made of another file than the declared one", async () => {
    const { artifact } = await declareArtifact(env, publisher(), releaseId, await declarationOf({ bytes }));
    await uploadAll(artifact, randomBytes(bytes.length));
    await expect(complete(artifact, testFramer(signedFraming))).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect([await keys("frames/"), await count("framed_files")]).toEqual([[], 0]);
  });

  it("are made for Linux only", async () => {
    const everywhere: Framing = { ...plainFraming, architectures: { arm64: "macos-aarch64", amd64: "linux-x86_64" } };
    await complete(await uploaded({ bytes, platform: "macos-aarch64" }), testFramer(everywhere));
    expect(await count("framed_files")).toBe(0);
  });

  it("of the default build come before those of another one, which have the same name", async () => {
    const framer = testFramer(plainFraming);
    const needy = { libc: { name: "glibc", version: "2.39" } };
    await complete(await uploaded({ bytes: randomBytes(50), filename: "needy", requires: needy }), framer);
    const usual = await complete(await uploaded(), framer);
    await publish();
    expect(await count("framed_files")).toBe(2);
    const { files } = await framedFromLedger(env.DB, "plain", WORKER);
    expect(files.map(({ stored }) => stored)).toEqual([usual.filename, "needy"]);
    expect(new Set(files.map(({ filename }) => filename)).size).toBe(1);
  });

  it("leave R2 with their file, an hour later", async () => {
    for (const remove of ["file", "draft"]) {
      const artifact = await complete(await uploaded(), testFramer(plainFraming));
      expect(await keys("frames/")).toHaveLength(1);
      await freeDiscardedObjects(env, currentTime() + DAY);
      expect(await keys("frames/")).toHaveLength(1);
      if (remove === "file") await removeArtifact(env, publisher(), releaseId, artifact.id);
      else await deleteDraft(env, publisher(), releaseId, null);
      expect(await count("framed_files")).toBe(0);
      await freeDiscardedObjects(env, currentTime() + DAY);
      expect([await keys("frames/"), await count("discarded_objects")]).toEqual([[], 0]);
    }
  });
});

const readArtifactOf = async (): Promise<Artifact> => {
  const row = await env.DB.prepare("SELECT id FROM artifacts").first<{ id: string }>();
  return readArtifact(env.DB, releaseId, row?.id ?? "");
};

const other: Framing["load"] = async () => {
  const maker = await plainFraming.load();
  return { ...maker, rounds: [async ({ binary }) => binary.enclose(new Uint8Array([1]), new Uint8Array())] };
};

const numbered = async (step: number) => {
  const maker = await plainFraming.load();
  const head = new Uint8Array(new TextEncoder().encode(String(step)));
  const round = async ({ binary }: Parameters<(typeof maker.rounds)[0]>[0]) => binary.enclose(head, new Uint8Array());
  return { ...maker, rounds: [round] };
};
