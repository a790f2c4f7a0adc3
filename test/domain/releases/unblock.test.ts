import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { continueBackup } from "../../../src/domain/backup/run.ts";
import { freeDiscardedObjects } from "../../../src/domain/releases/artifact/discarded-store.ts";
import { manifestFromLedger } from "../../../src/domain/releases/manifest-publication.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { count } from "../../support/license-fixture.ts";
import { provenanceOf } from "../../support/provenance-text.ts";
import { declarationOf, publishRelease, randomBytes } from "../../support/publish-release.ts";
import {
  bytes,
  draft,
  get,
  listing,
  newPublisher,
  post,
  put,
  type Release,
  ready,
  releaseOf,
  remove,
  type Upload,
  worker_id,
} from "../../support/release-requests.ts";

beforeEach(newPublisher);

const unblock = async (id: string, body: object = { reason: "a new build is without the fault" }) =>
  ask("POST", `/v1/admin/releases/${id}/unblock`, { token: (await makeToken(["owner"])).token, body });

/** A release that was published and then blocked. */
async function blocked(version = "1.0.0"): Promise<Release> {
  const { id } = await ready(version);
  await post(`/${id}/publish`);
  return releaseOf(post(`/${id}/block`, { reason: "CVE-2026-1" }));
}

/** Sends a file to a draft. Returns the answer of its completion. */
async function sendFile(id: string, content: Uint8Array<ArrayBuffer>): Promise<Response> {
  const declared = await post(`/${id}/artifacts`, await declarationOf({ bytes: content }));
  const { artifact } = await declared.json<Upload>();
  await put(`/${id}/artifacts/${artifact.id}/parts/1`, content);
  return post(`/${id}/artifacts/${artifact.id}/complete`);
}

const serial = async () => (await manifestFromLedger(env.DB, worker_id, currentTime())).serial;

describe("lifting a block", () => {
  it("frees the version for a new build, and needs an owner and a reason", async () => {
    const { id } = await blocked();
    expect(await codeOf(await post(`/${id}/unblock`, { reason: "r" }))).toBe("INSUFFICIENT_SCOPE");
    expect(await codeOf(await unblock(id, {}))).toBe("VALIDATION_FAILED");
    expect(await codeOf(await post("", { worker_id, version: "1.0.0" }))).toBe("CONFLICT");
    const response = await unblock(id);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ release: { id, version: "1.0.0", status: "draft", artifacts: [] } });
    const made = await draft("1.0.0");
    expect(made).toMatchObject({ version: "1.0.0", status: "draft", unblocked_at: null });
    expect((await sendFile(made.id, randomBytes(300))).status).toBe(200);
    expect((await post(`/${made.id}/publish`)).status).toBe(200);
    expect((await listing()).versions).toMatchObject([{ version: "1.0.0", status: "published" }]);
  });

  it("the draft that it leaves takes files itself, too", async () => {
    const { id } = await blocked();
    await unblock(id);
    expect((await sendFile(id, randomBytes(200))).status).toBe(200);
    expect(await codeOf(await post("", { worker_id, version: "1.0.0" }))).toBe("CONFLICT");
    expect(await releaseOf(post(`/${id}/publish`))).toMatchObject({ status: "published", unblocked_at: null });
  });

  it("is idempotent, and a release that is not blocked is a conflict", async () => {
    const { id } = await blocked();
    expect([(await unblock(id)).status, (await unblock(id)).status]).toEqual([200, 200]);
    const entries = await env.DB.prepare("SELECT 1 FROM audit WHERE action = 'release.unblock'").all();
    expect(entries.results).toHaveLength(1);
    const { id: other } = await ready("2.0.0");
    expect(await codeOf(await unblock(other))).toBe("CONFLICT");
    await post(`/${other}/publish`);
    expect(await codeOf(await unblock(other))).toBe("CONFLICT");
  });

  it("keeps the files with their sums in the audit trail, and deletes the bytes", async () => {
    const { id, artifacts } = await blocked();
    const key = await env.DB.prepare("SELECT object_key FROM artifacts").first<string>("object_key");
    expect(await env.BINARIES.head(key ?? "")).not.toBeNull();
    await unblock(id);
    const entry = await env.DB.prepare("SELECT reason, details FROM audit WHERE action = 'release.unblock'").first();
    expect(entry?.["reason"]).toBe("a new build is without the fault");
    expect(JSON.parse(String(entry?.["details"]))).toMatchObject({
      worker_id,
      version: "1.0.0",
      files: [{ filename: artifacts[0]?.filename, sha256: artifacts[0]?.sha256 }],
    });
    expect(await env.BINARIES.head(key ?? "")).toBeNull();
  });

  it("damages no backup from before, which still misses other files that R2 has lost", async () => {
    const { id, artifacts } = await ready("1.0.0");
    await put(`/${id}/provenance`, provenanceOf(...artifacts));
    await post(`/${id}/publish`);
    const { artifacts: others } = await publishRelease({
      worker_id,
      version: "0.9.0",
      files: [{ bytes: randomBytes(50) }],
    });
    const frames = await count("framed_files");
    expect(frames).toBeGreaterThan(0);
    const backup = "2026-11-28T02-00-00Z";
    await continueBackup(env, backup, { isFirst: true, calls: 10_000, hasTime: () => true });
    await post(`/${id}/block`, { reason: "CVE-2026-1" });
    await unblock(id);
    await freeDiscardedObjects(env, currentTime() + DAY);
    expect((await env.BINARIES.list({ prefix: "frames/" })).objects).toEqual([]);
    const owner = (await makeToken(["owner"])).token;
    const look = async () => (await ask("GET", `/v1/admin/backups/${backup}/objects`, { token: owner })).json();
    expect(await look()).toEqual({ checked: 3 + frames, faults: [], next: null });
    const key = others[0]?.object_key ?? "";
    await env.BINARIES.delete(key);
    expect(await look()).toMatchObject({ faults: [{ key, fault: "missing" }] });
  });

  it("takes the version out of the manifest, whose serial grows all the same", async () => {
    await publishRelease({ worker_id, version: "0.9.0", files: [{ bytes: randomBytes(50) }] });
    const { id } = await blocked();
    const before = await serial();
    await unblock(id);
    const after = await serial();
    expect(after).toBeGreaterThan(before);
    const made = await draft("1.0.0");
    await remove(`/${made.id}`);
    expect(await serial()).toBe(after);
    const url = `https://catalog.test/v1/workers/${worker_id}/1.0.0/download?platform=linux-x86_64`;
    expect(await codeOf(await exports.default.fetch(url))).not.toBe("RELEASE_BLOCKED");
  });
});

describe("blocked bytes", () => {
  it.each([
    ["while the release is blocked", false],
    ["after the block is lifted", true],
  ])("are refused at the completion under every version and worker, %s", async (_name, lifted) => {
    const { id } = await blocked();
    if (lifted) await unblock(id);
    for (const wanted of [
      { worker_id, version: "1.0.1" },
      { worker_id: "llm-worker-rbee-premium-cuda", version: "1.0.0" },
    ]) {
      const { id: next } = await releaseOf(post("", wanted));
      const refused = await sendFile(next, bytes);
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path: "sha256" }] });
    }
  });

  it("that were uploaded before the block are not published after it, and not unyanked", async () => {
    const first = await ready("1.0.0");
    const second = await ready("1.0.1");
    const third = await ready("1.0.2");
    await post(`/${third.id}/publish`);
    await post(`/${third.id}/yank`, { reason: "r" });
    await post(`/${first.id}/publish`);
    await post(`/${first.id}/block`, { reason: "CVE-2026-1" });
    for (const at of [`/${second.id}/publish`, `/${third.id}/unyank`]) {
      const refused = await post(at, { reason: "r" });
      expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    }
  });
});

describe("a draft", () => {
  it("of another publisher is deleted only with releases:withdraw", async () => {
    const { id } = await draft();
    const { token } = await makeToken(["releases:write"]);
    const refused = await ask("DELETE", `/v1/admin/releases/${id}`, { token });
    expect(await refused.json()).toMatchObject({
      code: "INSUFFICIENT_SCOPE",
      detail: expect.stringContaining("releases:withdraw"),
    });
    const own = await ask("POST", "/v1/admin/releases", { token, body: { worker_id, version: "3.0.0" } });
    const { release } = await own.json<{ release: Release }>();
    expect((await ask("DELETE", `/v1/admin/releases/${release.id}`, { token })).status).toBe(204);
    expect((await get(`/${id}`)).status).toBe(200);
    const { token: withdrawer } = await makeToken(["releases:write", "releases:withdraw"]);
    expect((await ask("DELETE", `/v1/admin/releases/${id}`, { token: withdrawer })).status).toBe(204);
  });
});

describe("the console", () => {
  it("lifts a block in two steps, for owners alone", async () => {
    const { id } = await blocked();
    const publisher = await signedIn(["releases:write", "releases:withdraw"]);
    expect(await read(publisher, `/admin/releases/${id}`)).not.toContain("/unblock");
    const owner = await signedIn();
    expect(await read(owner, `/admin/releases/${id}`)).toContain(`/admin/releases/${id}/unblock`);
    const { preview, response } = await act(owner, `/admin/releases/${id}/unblock`, { reason: "rebuilt" });
    expect(preview).toContain("stay blocked for every worker and version");
    expect(await read(owner, response.headers.get("Location") ?? "")).toContain("The block is lifted.");
    const again = await send(owner, `/admin/releases/${id}/unblock`, { reason: "r" });
    expect(await again.text()).toContain("Nothing changes");
  });
});
