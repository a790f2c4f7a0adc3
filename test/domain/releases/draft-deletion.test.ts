import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRelease, deleteDraft, moveRelease } from "../../../src/domain/releases/act.ts";
import { completeArtifact } from "../../../src/domain/releases/artifact/completion.ts";
import { freeDiscardedObjects } from "../../../src/domain/releases/artifact/discarded-store.ts";
import { deleteArtifact, readUpload } from "../../../src/domain/releases/artifact/store.ts";
import {
  declareArtifact,
  removeArtifact,
  restartUpload,
  uploadPart,
} from "../../../src/domain/releases/artifact/upload.ts";
import { attachProvenance } from "../../../src/domain/releases/provenance/store.ts";
import { readRelease } from "../../../src/domain/releases/store.ts";
import { currentTime, HOUR } from "../../../src/lib/time.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { packageFile } from "../../support/package-fixture.ts";
import { provenanceOf } from "../../support/provenance-text.ts";
import { addFile, declarationOf, partOf, publisher, randomBytes, uploadAll } from "../../support/publish-release.ts";

const worker_id = "llm-worker-rbee-premium-cpu";
const draft = () => createRelease(env.DB, publisher(), { worker_id, version: "1.0.0", channel: "stable", notes: null });
const objects = async () => (await env.BINARIES.list()).objects.map(({ key }) => key);
const attach = (id: string, text: string, to: Env = env) =>
  attachProvenance(to, configOf(env), publisher(), id, new Uint8Array(new TextEncoder().encode(text)).buffer);

/** R2 from which nothing can be removed, as if the request had been cut off before it tried. */
const stuck: Env = {
  ...env,
  BINARIES: but(env.BINARIES, "delete", () => Promise.reject(new Error("delete: internal error. (10001)"))),
};

const hourLater = () => freeDiscardedObjects(env, currentTime() + 2 * HOUR);

let id = "";
beforeEach(async () => {
  ({ id } = await draft());
});
afterEach(() => vi.restoreAllMocks());

describe("the deletion of a draft", () => {
  it("deletes its files, unfinished uploads and provenance, and frees its version", async () => {
    const file = await addFile(id, { bytes: randomBytes(100) });
    await addFile(id, packageFile(worker_id, "1.0.0"));
    await attach(id, provenanceOf(file));
    const bytes = randomBytes(50);
    const { artifact: unfinished } = await declareArtifact(
      env,
      publisher(),
      id,
      await declarationOf({ bytes, platform: "macos-aarch64" }),
    );
    await uploadPart(env, publisher(), unfinished, 1, partOf(unfinished, bytes, 1));
    await deleteDraft(env, publisher(), id, "a wrong build");
    await expect(readRelease(env.DB, id)).rejects.toMatchObject({ code: "VERSION_NOT_FOUND" });
    for (const table of ["releases", "artifacts", "artifact_parts", "packages", "provenance"]) {
      expect([table, await count(table, "true")]).toEqual([table, 0]);
    }
    expect(await count("audit", `action = 'release.delete' AND subject = '${id}' AND reason = 'a wrong build'`)).toBe(
      1,
    );
    const upload = env.BINARIES.resumeMultipartUpload(unfinished.object_key, unfinished.upload_id);
    await expect(upload.uploadPart(1, bytes)).rejects.toThrow();
    await hourLater();
    expect(await objects()).toEqual([]);
    expect((await draft()).id).not.toBe(id);
  });

  it("is final: a second deletion finds nothing and records nothing", async () => {
    await deleteDraft(env, publisher(), id, null);
    await expect(deleteDraft(env, publisher(), id, null)).rejects.toMatchObject({ code: "VERSION_NOT_FOUND" });
    expect(await count("audit", "action = 'release.delete'")).toBe(1);
  });

  it("is refused for a release that was ever published", async () => {
    await addFile(id, { bytes: randomBytes(100) });
    for (const action of ["publish", "yank", "block"] as const) {
      await moveRelease(env.DB, publisher(), id, action, "because");
      await expect(deleteDraft(env, publisher(), id, null)).rejects.toMatchObject({ code: "CONFLICT" });
    }
    await hourLater();
    expect(await objects()).toHaveLength(1);
    expect(await count("audit", "action = 'release.delete'")).toBe(0);
  });

  it("is refused if the release is published between its read and its write", async () => {
    await addFile(id, { bytes: randomBytes(100) });
    let transactions = 0;
    const late = but(env.DB, "batch", async (statements: D1PreparedStatement[]) => {
      if (transactions++ === 1) await moveRelease(env.DB, publisher(), id, "publish", null);
      return env.DB.batch(statements);
    });
    await expect(deleteDraft({ ...env, DB: late }, publisher(), id, null)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await readRelease(env.DB, id)).toMatchObject({ status: "published", artifacts: [{ state: "ready" }] });
    expect(await count("discarded_objects", "true")).toBe(0);
    expect(await objects()).toHaveLength(1);
  });

  it("and a concurrent publication: exactly one of them succeeds", async () => {
    await addFile(id, { bytes: randomBytes(100) });
    const [deleted, published] = await Promise.allSettled([
      deleteDraft(env, publisher(), id, null),
      moveRelease(env.DB, publisher(), id, "publish", null),
    ]);
    expect([deleted.status, published.status].sort()).toEqual(["fulfilled", "rejected"]);
    await hourLater();
    expect(await objects()).toHaveLength(published.status === "fulfilled" ? 1 : 0);
  });
});

describe("the remains of an interrupted request in R2", () => {
  it("are deleted an hour later, and the request itself succeeded", async () => {
    const file = await addFile(id, { bytes: randomBytes(100) });
    await removeArtifact(stuck, publisher(), id, file.id);
    await addFile(id, { bytes: randomBytes(100) });
    await deleteDraft(stuck, publisher(), id, null);
    await freeDiscardedObjects(env, currentTime());
    expect(await objects()).toHaveLength(2);
    expect(expectLogged("object.kept")).toHaveLength(2);
    await hourLater();
    expect(await objects()).toEqual([]);
    expect(await count("discarded_objects", "true")).toBe(0);
  });

  it("are deleted if one request finished a file and another removed it with an older upload", async () => {
    const bytes = randomBytes(100);
    const { artifact } = await declareArtifact(env, publisher(), id, await declarationOf({ bytes }));
    await restartUpload(env, publisher(), artifact, "lost in storage");
    const { artifact: restarted } = await readUpload(env.DB, id, artifact.id);
    await uploadAll(restarted, bytes);
    const policy = { required: false, keys: [] };
    await completeArtifact(env, publisher(), { releaseId: id, id: artifact.id }, { signature: null, policy });
    await deleteArtifact(env.DB, publisher(), artifact);
    expect(await objects()).toEqual([restarted.object_key]);
    await hourLater();
    expect(await objects()).toEqual([]);
  });

  it("are deleted for replaced or unrecorded provenance, and a release's own provenance stays", async () => {
    const file = await addFile(id, { bytes: randomBytes(100) });
    const text = provenanceOf(file);
    await attach(id, text);
    await attach(id, `${text}\n`);
    let transactions = 0;
    const cutOff = but(env.DB, "batch", (statements: D1PreparedStatement[]) =>
      transactions++ === 0 ? env.DB.batch(statements) : Promise.reject(new Error("cut off")),
    );
    await expect(attach(id, `${text}\n\n`, { ...env, DB: cutOff })).rejects.toThrow("cut off");
    expect((await objects()).filter((key) => key.startsWith("provenance/"))).toHaveLength(3);
    await hourLater();
    const release = await readRelease(env.DB, id);
    expect(await objects()).toEqual([file.object_key, release.provenance?.object_key]);
    expect(await count("discarded_objects", "true")).toBe(0);
  });

  it("stay if the ledger names the object after all", async () => {
    const { object_key } = await addFile(id, { bytes: randomBytes(100) });
    await env.DB.prepare("INSERT INTO discarded_objects VALUES (?, NULL, 1)").bind(object_key).run();
    await hourLater();
    expect(await objects()).toEqual([object_key]);
  });
});

/** A binding of which one operation is replaced. */
function but<Binding extends object>(binding: Binding, operation: keyof Binding, by: unknown): Binding {
  return new Proxy(binding, {
    get(target, name) {
      if (name === operation) return by;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
