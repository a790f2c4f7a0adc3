import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { VECTOR_FILES } from "../../../scripts/vectors/files.ts";
import { vectorText } from "../../../scripts/vectors/vector-file.ts";
import { installed } from "../../support/node/installed.ts";
import { temporaryFolder } from "../../support/node/temporary-folder.ts";
import { signatures } from "../../support/vectors.ts";

const FOLDER = join(import.meta.dirname, "../../../docs/vectors");

describe("docs/vectors", () => {
  it("has the files that the script writes, byte by byte", async () => {
    const written = Object.fromEntries(
      Object.entries(VECTOR_FILES).map(([name, file]) => [`${name}.json`, vectorText(file)]),
    );
    const there = (await readdir(FOLDER)).filter((name) => name.endsWith(".json"));
    expect(there.sort()).toEqual(Object.keys(written).sort());
    for (const name of there) expect(await readFile(join(FOLDER, name), "utf8"), name).toBe(written[name]);
  });

  it("shows no invisible character as it is", async () => {
    for (const file of Object.values(VECTOR_FILES)) expect(vectorText(file)).not.toMatch(/[^\P{C}\n]|[^\P{Z} ]/u);
  });

  it("explains every file in its README", async () => {
    const guide = await readFile(join(FOLDER, "README.md"), "utf8");
    const named = [...guide.matchAll(/^\| \[`([\w-]+)\.json`\]/gm)].map(([, name = ""]) => name);
    expect(named.sort()).toEqual(Object.keys(VECTOR_FILES).sort());
  });

  it("has no test key in the key files of a deployment", async () => {
    const texts = Object.values(VECTOR_FILES).map(vectorText).join("");
    const keys = join(FOLDER, "../../keys");
    for (const name of await readdir(keys)) {
      const deployed = (await readFile(join(keys, name), "utf8")).match(/\b[\w-]{43}\b|\bRW[\w+/]{54}/g) ?? [];
      for (const key of deployed) expect(texts.includes(key), `${name}: ${key}`).toBe(false);
    }
  });
});

describe.skipIf(!installed("minisign"))("signatures.json by minisign itself (needs minisign)", () => {
  const run = promisify(execFile);
  // Minisign compares no names, and its own rules for the four lines are looser in places.
  const judged = signatures.cases.filter(({ expected: { why = "" } }) =>
    ["", "unknown_key", "trusted_comment", "content"].includes(why),
  );

  it.each(judged)("$name", async ({ content, minisig, expected }) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), content);
    await writeFile(join(folder, "file.minisig"), minisig);
    const keys = signatures.public_keys.split("\n").filter((line) => line.startsWith("RW"));
    const verdicts = await Promise.all(
      keys.map((key) =>
        run("minisign", ["-V", "-H", "-m", join(folder, "file"), "-P", key]).then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(verdicts.includes(true)).toBe(expected.code === "VALID");
  });
});
