import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { service } from "../../../src/app.ts";
import { repositorySources } from "../../../src/domain/catalog/format.ts";
import { createRelease, moveRelease } from "../../../src/domain/releases/act.ts";
import { workers } from "../../../src/domain/workers/workers.ts";
import { sweepPacks } from "../../../src/formats/git/pack-sweep.ts";
import { RepositoryRecord } from "../../../src/formats/git/record.ts";
import {
  publishRepositories,
  readNewestRepository,
  readRepositories,
  recordRevisions,
  repositoryNames,
} from "../../../src/formats/git/repository.ts";
import { encodeHex } from "../../../src/lib/encoding.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { publish, settle } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { runCronAndJobs } from "../../support/jobs.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRecipe } from "../../support/publish-recipe.ts";
import { addFile, publisher, randomBytes } from "../../support/publish-release.ts";

const SOURCES = repositorySources(service.formats);
const FREE = "llm-worker-rbee-cpu";

const get = (path: string, init?: RequestInit) => exports.default.fetch(`https://catalog.test${path}`, init);
const text = async (path: string) => (await get(path)).text();
const headOf = async (repository: string) => (await text(`/${repository}.git/info/refs`)).split("\t")[0] ?? "";
const packOf = async (repository: string) =>
  /^P (pack-[0-9a-f]{40}\.pack)\n\n$/.exec(await text(`/${repository}.git/objects/info/packs`))?.[1] ?? "";

/** The status of a pack in a data center that has not cached it. */
const statusOfPack = async (file: string) => {
  await caches.default.delete(`https://catalog.test/${FREE}/objects/pack/${file}`);
  const response = await get(`/${FREE}.git/objects/pack/${file}`);
  await response.body?.cancel();
  return response.status;
};

/** A binding that fails every call. */
const failing = <Binding extends object>(down: () => never): Binding => new Proxy({} as Binding, { get: () => down });

async function messagesOf(repository: string): Promise<string[]> {
  const { results } = await env.DB.prepare("SELECT message FROM recipe_history WHERE repository = ? ORDER BY seq")
    .bind(repository)
    .all<{ message: string }>();
  return results.map(({ message }) => message);
}

async function move(release: { id: string; worker_id: string }, action: "yank" | "unyank" | "block"): Promise<void> {
  const moved = await moveRelease(env.DB, publisher(), release.id, action, "because");
  await publish(env, publishers, { topic: "manifest", key: release.worker_id }, [moved.changeId ?? ""]);
  await publishRepositories(env, SOURCES, currentTime());
}

afterEach(() => vi.restoreAllMocks());

describe("a repository", () => {
  it("can be cloned before the first publication and the first cron run", async () => {
    for (const { id } of workers) {
      expect(await text(`/${id}.git/info/refs`)).toMatch(/^[0-9a-f]{40}\trefs\/heads\/master\n$/);
      expect(await messagesOf(id)).toEqual([expect.stringMatching(`^${id} [0-9.]+-1$`)]);
    }
    const pack = await get(`/${FREE}.git/objects/pack/${await packOf(FREE)}`);
    expect([pack.status, pack.headers.get("Cache-Control")]).toEqual([200, "public, max-age=31536000, immutable"]);
    const bytes = new Uint8Array(await pack.arrayBuffer());
    expect(pack.headers.get("Content-Length")).toBe(String(bytes.length));
    expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe("PACK");
  });

  it("answers as plain files under both addresses", async () => {
    for (const address of [`/${FREE}.git`, `/${FREE}`, "/homebrew-rbee.git"]) {
      const refs = await get(`${address}/info/refs`);
      // Any other type than this would be taken for the smart protocol (gitprotocol-http(5), "Smart Server Response").
      expect(refs.headers.get("Content-Type")?.toLowerCase()).toBe("text/plain; charset=utf-8");
      expect(await text(`${address}/HEAD`)).toBe("ref: refs/heads/master\n");
    }
  });

  it.each([
    "/llm-worker-rbee-vulkan.git/info/refs",
    "/workers/info/refs",
    `/${FREE}.git/objects/info/http-alternates`,
    `/${FREE}.git/objects/ab/${"0".repeat(38)}`,
    `/${FREE}.git/objects/pack/pack-${"0".repeat(40)}.pack`,
    `/${FREE}.git/objects/pack/..%2Fllm-worker-rbee-cuda%2Fx`,
    `/${FREE}.git/git-upload-pack`,
  ])("has nothing at %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it("gets a commit for every release and every yank", async () => {
    await publishRecipe({ worker_id: FREE, version: "0.2.0" });
    const second = await publishRecipe({ worker_id: FREE, version: "0.3.0" });
    const before = await headOf(FREE);
    await move(second, "yank");
    expect(await headOf(FREE)).not.toBe(before);
    await move(second, "unyank");
    expect(await messagesOf(FREE)).toEqual(
      ["0.2.0", "0.3.0", "0.2.0", "0.3.0"].map((version) => `${FREE} ${version}-1`),
    );
    expect(await messagesOf("llm-worker-rbee-cuda")).toHaveLength(1);
  });

  it("gets no commit when nothing has changed", async () => {
    await publishRepositories(env, SOURCES, currentTime());
    await publishRepositories(env, SOURCES, currentTime() + 60);
    await recordRevisions(env, SOURCES, currentTime() + 120);
    for (const { id } of workers) expect(await messagesOf(id)).toHaveLength(1);
  });

  it("never gets a commit older than its parent, even if clocks differ", async () => {
    const ahead = currentTime() + 3600;
    await recordRevisions(env, SOURCES, ahead);
    await publishRecipe({ worker_id: FREE, version: "0.2.0" });
    expect((await readRepositories(env, SOURCES, [FREE], currentTime())).get(FREE)).toMatchObject({
      seq: 2,
      last_at: ahead,
    });
  });

  it("gets one commit for each change, also from concurrent runs", async () => {
    await Promise.all(Array.from({ length: 3 }, () => publishRepositories(env, SOURCES, currentTime())));
    for (const { id } of workers) expect(await messagesOf(id)).toHaveLength(1);
  });

  it("serves the packs of a clone that began before a release", async () => {
    await publishRecipe({ worker_id: FREE, version: "0.2.0" });
    const pack = await packOf(FREE);
    await publishRecipe({ worker_id: FREE, version: "0.3.0" });
    expect(await packOf(FREE)).not.toBe(pack);
    expect((await get(`/${FREE}.git/objects/pack/${pack}`)).status).toBe(200);
    expect((await get(`/${FREE}.git/objects/pack/${pack.replace(/pack$/, "idx")}`)).status).toBe(200);
  });

  it("serves the rest of an interrupted pack", async () => {
    const path = `/${FREE}.git/objects/pack/${await packOf(FREE)}`;
    const whole = new Uint8Array(await (await get(path)).arrayBuffer());
    const rest = await get(path, { headers: { Range: "bytes=100-" } });
    expect([rest.status, rest.headers.get("Content-Range"), rest.headers.get("Content-Length")]).toEqual([
      206,
      `bytes 100-${whole.length - 1}/${whole.length}`,
      String(whole.length - 100),
    ]);
    expect(new Uint8Array(await rest.arrayBuffer())).toEqual(whole.subarray(100));
    const none = await get(path, { headers: { Range: `bytes=${whole.length}-` } });
    expect([none.status, none.headers.get("Content-Range")]).toEqual([416, `bytes */${whole.length}`]);
  });

  it("lists the pack of a head that another isolate announced, even if the edge copy is stale", async () => {
    await publishRecipe({ worker_id: FREE, version: "0.2.0" });
    const older = (await env.EDGE.get(`repository:${FREE}`)) ?? "";
    await publishRecipe({ worker_id: FREE, version: "0.3.0" });
    const head = await headOf(FREE);
    await env.EDGE.put(`repository:${FREE}`, older);
    forgetIsolate();
    const index = await get(`/${FREE}.git/objects/pack/${(await packOf(FREE)).replace(/pack$/, "idx")}`);
    expect(encodeHex(new Uint8Array(await index.arrayBuffer()))).toContain(head);
  });

  it("is made again if this version cannot read the KV record", async () => {
    await publishRepositories(env, SOURCES, currentTime());
    await env.EDGE.put(`repository:${FREE}`, JSON.stringify({ seq: 1, head: "of an earlier version" }));
    forgetIsolate();
    await publishRepositories(env, SOURCES, currentTime());
    expect(RepositoryRecord.safeParse(await env.EDGE.get(`repository:${FREE}`, "json")).success).toBe(true);
  });

  it("does not stop a publication if it cannot be made, and the cron makes it", async () => {
    await publishRepositories(env, SOURCES, currentTime());
    const before = await headOf(FREE);
    const { id } = await createRelease(env.DB, publisher(), {
      ...{ worker_id: FREE, version: "0.2.0", channel: "stable", notes: null, source_tag: null },
    });
    await addFile(id, { bytes: randomBytes(100) });
    const { changeId } = await moveRelease(env.DB, publisher(), id, "publish", null);
    const down = failing<R2Bucket>(() => {
      throw new Error("down");
    });
    const later: Promise<unknown>[] = [];
    const scope = {
      env: { ...env, BINARIES: down },
      var: { service },
      executionCtx: { waitUntil: (work: Promise<unknown>) => void later.push(work) },
    };
    const stale = { topic: "manifest", key: FREE, changeIds: [changeId ?? ""] } as const;
    expect(await settle(scope, { stale: [stale] })).toBe("published");
    await Promise.all(later);
    expect(expectLogged("repositories.failed")).toMatchObject([{ message: "down" }]);
    expect((await env.DB.prepare("SELECT * FROM outbox WHERE key = ?").bind(FREE).all()).results).toEqual([]);
    await runCronAndJobs();
    expect(await headOf(FREE)).not.toBe(before);
  });

  it("is read from the edge copy only, and from the ledger if that fails", async () => {
    await publishRecipe({ worker_id: FREE, version: "0.2.0" });
    const read = async (bindings: Env) => {
      forgetIsolate();
      return (await readRepositories(bindings, SOURCES, [FREE], currentTime())).get(FREE);
    };
    const down = () => {
      throw new Error("down");
    };
    const kept = await read({ ...env, DB: failing(down), BINARIES: failing(down) });
    expect(kept?.files["PKGBUILD"]).toContain("pkgver=0.2.0\n");
    expect(await read({ ...env, EDGE: failing(down) })).toEqual(kept);
    expectLogged("edge.unreadable");
    await expect(read({ ...env, EDGE: failing(down), DB: failing(down) })).rejects.toThrow("down");
    forgetIsolate();
    expect(await readNewestRepository({ ...env, DB: failing(down) }, SOURCES, FREE, currentTime())).toEqual(kept);
    expectLogged("ledger.unreadable");
  });

  it("is corrected by the cron if an older state was written last", async () => {
    await publishRecipe({ worker_id: FREE, version: "0.2.0" });
    const older = (await env.EDGE.get(`repository:${FREE}`)) ?? "";
    await publishRecipe({ worker_id: FREE, version: "0.3.0" });
    const head = await headOf(FREE);
    await env.EDGE.put(`repository:${FREE}`, older);
    forgetIsolate();
    expect(await headOf(FREE)).not.toBe(head);
    await runCronAndJobs();
    expect(await headOf(FREE)).toBe(head);
  });

  it("loses the packs of earlier states after a week, and keeps the pack of its record", async () => {
    await publishRecipe({ worker_id: FREE, version: "0.2.0" });
    const old = await packOf(FREE);
    const older = (await env.EDGE.get(`repository:${FREE}`)) ?? "";
    await publishRecipe({ worker_id: FREE, version: "0.3.0" });
    const current = await packOf(FREE);
    const newer = (await env.EDGE.get(`repository:${FREE}`)) ?? "";
    expect(old).not.toBe(current);
    const statuses = () =>
      Promise.all([old, old.replace(".pack", ".idx"), current, current.replace(".pack", ".idx")].map(statusOfPack));
    await sweepPacks(env, repositoryNames(SOURCES), currentTime() + 6 * DAY);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await env.EDGE.put(`repository:${FREE}`, older);
    await sweepPacks(env, repositoryNames(SOURCES), currentTime() + 400 * DAY);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await env.EDGE.put(`repository:${FREE}`, newer);
    await sweepPacks(env, repositoryNames(SOURCES), currentTime() + 400 * DAY);
    expect(await statuses()).toEqual([404, 404, 200, 200]);
    await env.EDGE.delete(`repository:${FREE}`);
    await sweepPacks(env, repositoryNames(SOURCES), currentTime() + 400 * DAY);
    expect(await statuses()).toEqual([404, 404, 200, 200]);
  });

  it("has a history that cannot be changed", async () => {
    await publishRepositories(env, SOURCES, currentTime());
    await expect(env.DB.prepare("DELETE FROM recipe_history").run()).rejects.toThrow("append-only");
    await expect(env.DB.prepare("UPDATE recipe_history SET at = 0").run()).rejects.toThrow("append-only");
  });
});
