import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { PROJECT } from "../end-to-end/program-run.ts";
import { serve } from "../support/node/http-server.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

it("release publish says on Ctrl-C how to continue, and ends by the signal", async () => {
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  // Never answers.
  const catalog = await serve(() => asked());
  const folder = await temporaryFolder();
  const file = join(folder, "worker-linux-x86_64");
  await writeFile(file, "a worker");
  const args = ["release", "publish", file, "--worker", "llm-worker-rbee-premium-cpu", "--version", "1.0.0"];
  const child = spawn(process.execPath, ["src/cli/main.ts", ...args], {
    cwd: PROJECT,
    env: { ...process.env, DEV_DIR: folder, RBEE_CATALOG_URL: catalog.url, RBEE_ADMIN_TOKEN: "t", no_proxy: "*" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = text(child.stderr);
  await isAsked;
  child.kill("SIGINT");
  const [code, signal] = await once(child, "close");
  catalog.close();
  expect([code, signal]).toEqual([null, "SIGINT"]);
  expect(await said).toContain("Run it again to resume");
});
