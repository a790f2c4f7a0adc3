import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createRelease, moveRelease } from "../../../../src/domain/releases/act.ts";
import { obstacleInSource, readSource } from "../../../../src/domain/releases/source/decision.ts";
import { type SignedSource, signSource } from "../../../../src/domain/releases/source/statement.ts";
import { attachSource } from "../../../../src/domain/releases/source/store.ts";
import { type Release, readRelease } from "../../../../src/domain/releases/store.ts";
import { unblockRelease } from "../../../../src/domain/releases/unblock.ts";
import { requireWorker } from "../../../../src/domain/workers/workers.ts";
import { generateMinisignKey, type MinisignSecretKey } from "../../../../src/lib/minisign/secret-key.ts";
import { settleInJob } from "../../../../src/platform/storage/settle.ts";
import { publishers } from "../../../../src/service.ts";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { addFile, publisher, publishRelease, randomBytes } from "../../../support/publish-release.ts";

const worker_id = "llm-worker-rbee-cpu";
const REPOSITORY = "https://github.com/rbee-keeper/rbee.git";
const [COMMIT, OTHER] = ["a".repeat(40), "b".repeat(40)];

let key: MinisignSecretKey;
beforeEach(async () => {
  key = await generateMinisignKey();
});
const policy = () => ({ required: true, keys: [key] });

const signed = async (more: Partial<SignedSource & { version: string }> = {}): Promise<SignedSource> => {
  const { version = "1.2.0", ...given } = more;
  const facts = { repository: REPOSITORY, tag: "v1.2.0", commit: COMMIT, ...given };
  return { ...facts, signature: more.signature ?? (await signSource(key, { worker: worker_id, version, ...facts })) };
};

const columns = async (source: SignedSource) => {
  const read = await readSource(requireWorker(worker_id), "1.2.0", { source }, policy());
  if (!read.ok) throw new Error(read.error.detail);
  return read.value;
};

async function draft(source_tag: string | null = null): Promise<Release> {
  const facts = { worker_id, version: "1.2.0", channel: "stable", notes: null, source_tag } as const;
  const made = await createRelease(env.DB, publisher(), facts);
  await addFile(made.id, { bytes: randomBytes(10) });
  return readRelease(env.DB, made.id);
}

const obstacle = async (id: string) => obstacleInSource(await readRelease(env.DB, id), policy());
const attach = (id: string, source: SignedSource) => attachSource(env.DB, publisher(), id, source, policy());
const acts = async () =>
  (await env.DB.prepare("SELECT details FROM audit WHERE action = 'release.source'").all()).results;

describe("the signed source of a blocked release", () => {
  it("is neither attached nor published again after the block is lifted, but another commit is", async () => {
    const blockedSource = await signed();
    const { id } = await draft();
    await attach(id, blockedSource);
    await moveRelease(env.DB, publisher(), id, "publish", null);
    await moveRelease(env.DB, publisher(), id, "block", "CVE-2026-1");
    await unblockRelease(env, publisher(), id, "a new build");
    await expect(attach(id, blockedSource)).rejects.toMatchObject({ code: "CONFLICT" });
    const again = await createRelease(env.DB, publisher(), {
      ...{ worker_id, version: "1.2.0", channel: "stable", notes: null },
      ...(await columns(blockedSource)),
    });
    await addFile(again.id, { bytes: randomBytes(10) });
    await expect(moveRelease(env.DB, publisher(), again.id, "publish", null)).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await attach(again.id, await signed({ commit: OTHER }));
    await moveRelease(env.DB, publisher(), again.id, "publish", null);
    expect(await readRelease(env.DB, again.id)).toMatchObject({ status: "published", source_commit: OTHER });
  });
});

describe("the signed source of a release", () => {
  it("is attached to a draft, recorded once, and replaced there", async () => {
    const { id } = await draft("v1.2.0");
    const source = await signed();
    const { row } = await attach(id, source);
    expect(row).toMatchObject({ source_tag: "v1.2.0", source_commit: COMMIT, source_repository: REPOSITORY });
    expect((await attach(id, source)).changeId).toBeNull();
    await attach(id, await signed({ commit: OTHER }));
    expect(await readRelease(env.DB, id)).toMatchObject({ source_commit: OTHER });
    expect(await acts()).toHaveLength(2);
  });

  it("is needed before a release with a source tag can be published, where signatures are required", async () => {
    const { id } = await draft("v1.2.0");
    expect(await obstacle(id)).toContain("No release key has signed the commit of the tag v1.2.0.");
    await attach(id, await signed());
    expect(await obstacle(id)).toBeNull();
  });

  it("is verified again at publication", async () => {
    const { id } = await draft();
    await attach(id, await signed());
    key = await generateMinisignKey();
    expect(await obstacle(id)).toContain("The source statement does not verify");
  });

  it("is not needed for a release that names no tag", async () => {
    expect(await obstacle((await draft()).id)).toBeNull();
  });

  it("may reach a published release that has none, and stays for good", async () => {
    const { id } = await publishRelease({ worker_id, version: "1.2.0", source: { source_tag: "HEAD" } });
    const { row, changes } = await attach(id, await signed());
    expect(row).toMatchObject({ source_tag: "v1.2.0", source_commit: COMMIT });
    await settleInJob(env, publishers, changes);
    const listed = await (await ask("GET", `/workers/${worker_id}`)).json();
    expect(listed).toMatchObject({ version: "1.2.0", source: { tag: "v1.2.0", commit: COMMIT } });
    await expect(attach(id, await signed({ commit: OTHER }))).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await attach(id, await signed())).changeId).toBeNull();
  });

  it("never reaches a blocked release", async () => {
    const { id } = await publishRelease({ worker_id, version: "1.2.0" });
    await moveRelease(env.DB, publisher(), id, "block", "takedown");
    await expect(attach(id, await signed())).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it.each([
    ["source.tag", async () => signed({ tag: "HEAD" })],
    ["source.tag", async () => signed({ tag: "v1.2.1" })],
    ["source.repository", async () => signed({ repository: "https://github.com/someone/rbee.git" })],
    ["source.commit", async () => signed({ commit: "0123456" })],
    ["source.commit", async () => signed({ commit: "refs/pull/1/head" })],
    ["source.signature", async () => ({ ...(await signed()), commit: OTHER })],
    ["source.signature", async () => signed({ version: "1.2.1" })],
    ["source.signature", async () => signed({ signature: "none" })],
  ])("is refused for its %s", async (path, source) => {
    const { id } = await draft();
    await expect(attach(id, await source())).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      extras: { errors: [{ path }] },
    });
    expect(await readRelease(env.DB, id)).toMatchObject({ source_tag: null, source_commit: null });
  });

  it("is refused by the API if a key signed it that the catalog does not trust", async () => {
    const { token } = await makeToken(["releases:write"]);
    const body = { worker_id: "cpu", version: "1.2.0", source: await signed() };
    const created = await ask("POST", "/v1/admin/releases", { token, body });
    expect(await created.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path: "source.signature" }] });
    const { id } = await draft();
    const put = await ask("PUT", `/v1/admin/releases/${id}/source`, { token, body: body.source });
    expect([put.status, await codeOf(put)]).toEqual([422, "VALIDATION_FAILED"]);
  });

  it("must agree with a source tag that is sent beside it", async () => {
    const sent = { source: await signed(), source_tag: "1.2.0" };
    expect(await readSource(requireWorker(worker_id), "1.2.0", sent, policy())).toMatchObject({
      error: { code: "VALIDATION_FAILED", extras: { errors: [{ path: "source_tag" }] } },
    });
  });

  it("is shown with the versions of the worker and in its index", async () => {
    const source = await signed();
    await publishRelease({ worker_id, version: "1.2.0", source: await columns(source) });
    const versions = await (await ask("GET", `/v1/workers/${worker_id}/versions`)).json();
    expect(versions).toMatchObject({ versions: [{ version: "1.2.0", source }] });
    const index = await (await ask("GET", `/v1/workers/${worker_id}/index.json`)).json();
    expect(index).toMatchObject({ versions: [{ version: "1.2.0", source }] });
  });
});

describe("a recipe", () => {
  const recipe = async () => (await ask("GET", "/workers/cpu/PKGBUILD")).text();

  it("builds the signed commit of the newest release", async () => {
    await publishRelease({ worker_id, version: "1.2.0", source: await columns(await signed()) });
    expect(await recipe()).toContain(`\n  commit='${COMMIT}' tag='v1.2.0'\n`);
    const listed = await (await ask("GET", "/v1/workers/cpu")).json();
    expect(listed).toMatchObject({ version: "1.2.0", source: { type: "git", tag: "v1.2.0", commit: COMMIT } });
  });

  it.each(["HEAD", "refs/pull/1/head", "a".repeat(40), "development", "v1.1.9"])(
    "leaves out a release whose row names %s, and follows the one before it",
    async (source_tag) => {
      await publishRelease({ worker_id, version: "1.1.0", source: { source_tag: "v1.1.0" } });
      await publishRelease({ worker_id, version: "1.2.0", source: { source_tag } });
      const text = await recipe();
      expect(text).toContain("\npkgver=1.1.0\n");
      expect(text).toContain("#tag=refs/tags/v1.1.0");
      expect(text).not.toContain(`#tag=${source_tag}`);
      expect(text).not.toContain(`refs/tags/${source_tag}"`);
    },
  );
});
