import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROJECT, type Run, run } from "../end-to-end/program-run.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const PATCH = join(PROJECT, "clients/rust/hive.patch");

/** A checkout or a bare repository of rbee. Its sources are not part of this repository. */
const SOURCE = process.env["RBEE_SOURCE"];
if (!SOURCE) console.warn("Skipped, not passed: tests that need RBEE_SOURCE, a checkout of rbee-keeper/rbee.");

const git = (...args: string[]): Promise<Run> => run("git", args, { env: { GIT_CEILING_DIRECTORIES: "/" } });

describe("clients/rust/hive.patch", () => {
  it("names the commit that it is for, and turns no source into SSH", async () => {
    const patch = await readFile(PATCH, "utf8");
    expect(patch).toContain("0509312fd8bae758c0a3434ccca6cfda1bd1b7f6");
    const added = patch.split("\n").filter((line) => line.startsWith("+"));
    expect(added.filter((line) => /git@|localhost/.test(line))).toEqual([]);
  });

  it.skipIf(!SOURCE)("applies to the hive at that commit (needs RBEE_SOURCE)", async () => {
    const folder = await temporaryFolder();
    const patch = await readFile(PATCH, "utf8");
    const [commit = ""] = /[0-9a-f]{40}/.exec(patch) ?? [];
    for (const [, path = "", blob = ""] of patch.matchAll(
      /^diff --git a\/(\S+) .*\n(?:new .*\n)?index ([0-9a-f]{40})/gm,
    )) {
      if (/^0+$/.test(blob)) continue;
      const { code, stdout } = await git("-C", SOURCE ?? "", "show", `${commit}:${path}`);
      expect(code, path).toBe(0);
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), stdout);
    }
    expect(await git("-C", folder, "apply", PATCH)).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(join(folder, "bin/20_rbee_hive/src/operations/worker.rs"), "utf8")).not.toContain(":8787");
  });
});
