import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const ID = "llm-worker-rbee-premium-cuda";

describe("release publish --worker premium-cuda", () => {
  it("signs for the full id of the worker, and drafts under it", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "w-linux-x86_64");
    await writeFile(file, "abc");
    const sent: unknown[] = [];
    const catalog = await serve(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      sent.push(JSON.parse(text));
      const release = { id: "rel_1", worker_id: ID, version: "1.0.0", channel: "stable", status: "draft" };
      const more = { source_tag: null, provenance: null, artifacts: [] };
      // The declaration of the file is refused, because this test is about nothing after it.
      response.writeHead(sent.length === 1 ? 201 : 422, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ release: { ...release, ...more } }));
    });
    const env = { XDG_CONFIG_HOME: folder, DEV_DIR: folder, RBEE_CATALOG_URL: catalog.url, RBEE_ADMIN_TOKEN: "t" };
    const key = join(folder, "release.key");
    expect((await runCli(["keys", "new", "--release", "--out", key, "--keys-dir", folder], env)).code).toBe(0);
    const named = [file, "--worker", "premium-cuda", "--version", "1.0.0"];
    await runCli(["release", "publish", ...named, "--sign-key", key], env);
    const comment = await runCli(["release", "comment", ...named], env);
    catalog.close();
    expect(sent).toMatchObject([{ worker_id: ID }, { signature: expect.stringContaining(`worker:${ID}\t`) }]);
    expect(comment.stdout).toContain(`worker:${ID}\t`);
  });
});
