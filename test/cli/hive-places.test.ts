import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder, writeOnce, xdgFolder } from "../../src/cli/files.ts";
import { takePartFile } from "../../src/cli/hive/download.ts";
import { workersFolder } from "../../src/cli/hive/install.ts";
import { loaderOf, requireLoader } from "../../src/cli/hive/loader.ts";
import { hiveFolder } from "../../src/cli/hive/state.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

describe("a folder of XDG", () => {
  it("is the absolute one of the variable", () => {
    expect(workersFolder({ XDG_CACHE_HOME: "/x/cache" })).toBe("/x/cache/rbee/workers");
    expect(hiveFolder({ XDG_CONFIG_HOME: "/x/config" })).toBe("/x/config/rbee");
  });

  it.each(["cache", "./cache", "../x", "", undefined])(
    "is in the home for %j, which the specification ignores",
    (named) => {
      expect(xdgFolder(named, ".cache")).toBe(join(homedir(), ".cache", "rbee"));
    },
  );
});

describe("making a folder", () => {
  it("makes the missing ones above it, also if two commands do so at once", async () => {
    const folder = join(await temporaryFolder(), "a/b/c");
    await Promise.all([makeFolder(folder), makeFolder(folder)]);
    await makeFolder(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(process.platform === "linux")("ends at once on a file system that has no place for it", async () => {
    for (const folder of ["/proc/x", "/proc/x/y/z", "/dev/null/x"]) {
      await expect(makeFolder(folder)).rejects.toMatchObject({
        exitCode: 1,
        message: expect.stringContaining("cannot be made"),
      });
    }
  });
});

describe("a file that is made once", () => {
  it("has the text of one of several commands at once, and nothing is left beside it", async () => {
    const folder = await temporaryFolder();
    const path = join(folder, "rbee", "machine-id");
    await writeOnce(path, "first");
    await Promise.all(["second", "third"].map((text) => writeOnce(path, text)));
    expect([await readFile(path, "utf8"), await readdir(join(folder, "rbee"))]).toEqual(["first", ["machine-id"]]);
  });
});

describe("the parts of ended runs", () => {
  const sum = "ab".repeat(32);

  it("leave the largest one of the same file", async () => {
    const folder = await temporaryFolder();
    const target = join(folder, "worker");
    for (const [name, size] of [
      ["a", 10],
      ["b", 3000],
      ["c", 200],
      ["empty", 0],
    ] as const) {
      await writeFile(`${target}-${sum}.999999999.${name}.part`, Buffer.alloc(size, name));
    }
    await writeFile(`${target}-${"cd".repeat(32)}.999999999.other.part`, Buffer.alloc(9000));
    const part = await takePartFile(target, sum);
    expect([await readdir(folder), (await readFile(part)).length]).toEqual([[part.slice(folder.length + 1)], 3000]);
  });

  it("are not taken from a run that goes on", async () => {
    const folder = await temporaryFolder();
    const target = join(folder, "worker");
    const running = `${target}-${sum}.${process.ppid}.x.part`;
    await writeFile(running, "x");
    await takePartFile(target, sum);
    expect(await readdir(folder)).toEqual([running.slice(folder.length + 1)]);
  });
});

describe("the loader of a program", () => {
  const program = (loader: string) =>
    Buffer.from(`\x7fELF\x02${"\0".repeat(600)}${loader}\0${"\0".repeat(100)}GNU\0`, "latin1");

  it.each([
    ["/lib64/ld-linux-x86-64.so.2"],
    ["/lib/ld-linux-aarch64.so.1"],
    ["/lib/ld-musl-x86_64.so.1"],
    ["/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2"],
  ])("is found: %s", async (loader) => {
    const path = join(await temporaryFolder(), "worker");
    await writeFile(path, program(loader));
    expect(await loaderOf(path)).toBe(loader);
  });

  it("is none for a static program and for a script", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "x"));
    for (const bytes of [program("static"), Buffer.from("#!/bin/sh\n/lib/ld-x.so\n"), Buffer.alloc(0)]) {
      await writeFile(join(folder, "worker"), bytes);
      expect(await loaderOf(join(folder, "worker"))).toBeNull();
    }
  });

  it.runIf(process.platform === "linux")("must be there, or the program is refused", async () => {
    const path = join(await temporaryFolder(), "worker");
    await writeFile(path, program("/nowhere/lib/ld-musl-x86_64.so.1"));
    await expect(requireLoader(path, "worker 1.0.0")).rejects.toThrow("/nowhere/lib/ld-musl-x86_64.so.1 is missing");
    await writeFile(path, await readFile(process.execPath).then((bytes) => bytes.subarray(0, 8192)));
    await expect(requireLoader(path, "worker 1.0.0")).resolves.toBeUndefined();
  });
});
