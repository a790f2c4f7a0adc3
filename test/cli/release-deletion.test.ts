import { expect, it } from "vitest";
import { serve } from "./http-server.ts";
import { runCli } from "./in-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const ID = "rel_06b4m2v8w5r7q1t3x9z2k4n6p8";
const draft = {
  ...{ id: ID, worker_id: "w", version: "1.0.0", channel: "stable", status: "draft" },
  ...{ source_tag: null, provenance: null, artifacts: [] },
};

/** Deletes a release at a catalog that has a draft or nothing, and whose first answer to the deletion is lost. */
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
  const run = await runCli(["release", "delete", ID], token);
  catalog.close();
  return { ...run, deletions: deletions.length };
}

it("says that a draft is deleted whose deletion was answered into a broken line", async () => {
  expect(await deleteAt([draft])).toMatchObject({ code: 0, stdout: `Deleted ${ID}.\n`, deletions: 2 });
});

it("does not say so of one that never was", async () => {
  expect(await deleteAt([])).toMatchObject({ code: 4, stdout: "", deletions: 0 });
});
