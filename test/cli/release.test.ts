import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { inParallel } from "../../src/cli/publish/upload.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const ID = "rel_06b4m2v8w5r7q1t3x9z2k4n6p8";
const draft = {
  id: ID,
  worker_id: "w",
  version: "1.0.0",
  channel: "stable",
  status: "draft",
  source_tag: null,
  provenance: null,
  artifacts: [],
};

/** Deletes a release at a catalog that has `releases` and loses its first answer to a deletion. */
async function deleteAt(releases: (typeof draft)[]) {
  const deletions: string[] = [];
  const catalog = await serve((request, response) => {
    const release = releases.at(-1);
    if (request.method === "DELETE") {
      deletions.push(request.url ?? "");
      if (releases.pop()) return void request.socket.destroy();
    }
    const [status, answer] = release ? [200, { release }] : [404, { code: "VERSION_NOT_FOUND", detail: "None such." }];
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  });
  const folder = await temporaryFolder();
  const token = { XDG_CONFIG_HOME: folder, DEV_DIR: folder, RBEE_CATALOG_URL: catalog.url, RBEE_ADMIN_TOKEN: "t" };
  const run = await runCli(["release", "delete", ID, "--yes"], token);
  catalog.close();
  return { ...run, deletions: deletions.length };
}

it("release delete succeeds if the answer to the first attempt was lost", async () => {
  expect(await deleteAt([draft])).toMatchObject({ code: 0, stdout: `Deleted ${ID}.\n`, deletions: 2 });
});

it("release delete fails with 4 for a release that never existed", async () => {
  expect(await deleteAt([])).toMatchObject({ code: 4, stdout: "", deletions: 0 });
});

it("inParallel runs every task, at most `limit` at a time", async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await turn();
    done.push(item);
    running--;
  });
  expect([done.sort(), most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3]);
});

it("inParallel starts nothing after a failure and waits for the running tasks", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error("broken");
    await turn();
    ended.push(item);
  });
  await expect(work).rejects.toThrow("broken");
  expect([begun, ended]).toEqual([[1, 2], [2]]);
});
