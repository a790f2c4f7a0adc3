import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installed } from "../support/node/installed.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";
import { signatures } from "../support/vectors.ts";

/** The faults that minisign does not look for: it knows no worker, no index, and reads four lines of any number. */
const BEYOND_MINISIGN = new Set(["names", "size", "sha256"]);
const MORE_LINES = "five lines";

describe.skipIf(!installed("minisign"))("the real minisign", () => {
  it("judges the signatures of docs/vectors as they say", async () => {
    const folder = await temporaryFolder();
    const keys = signatures.public_keys.split("\n").filter((line) => line.startsWith("RW"));
    expect(keys.length).toBeGreaterThan(1);
    const verifies = (key: string): boolean => {
      try {
        // -H: refuse the legacy form.
        execFileSync("minisign", ["-V", "-q", "-H", "-m", "file", "-P", key], { cwd: folder, stdio: "pipe" });
        return true;
      } catch {
        return false;
      }
    };
    for (const { name, content, minisig, expected } of signatures.cases) {
      await writeFile(join(folder, "file"), content);
      await writeFile(join(folder, "file.minisig"), minisig);
      const isGood = expected.code === "VALID" || BEYOND_MINISIGN.has(expected.why ?? "") || name === MORE_LINES;
      expect(keys.some(verifies), name).toBe(isGood);
    }
  });
});
