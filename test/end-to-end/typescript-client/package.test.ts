import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { CLIENT, filesBelow, installClient, runIn } from "./packed.ts";

/** The npm package of the TypeScript client, as a program that installed it sees it. */

let root = "";
let installed = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rbee-client-package-"));
  await installClient(root);
  installed = join(root, "node_modules/rbee-catalog-client");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const Packed = z.array(z.looseObject({ files: z.array(z.looseObject({ path: z.string() })) }));

describe("the package", () => {
  it("has its code, types, README and license, and nothing else", async () => {
    const [packed] = Packed.parse(
      JSON.parse(await runIn(installed, "npm", "pack", "--dry-run", "--json", "--ignore-scripts")),
    );
    const paths = packed?.files.map(({ path }) => path).sort() ?? [];
    const sources = (await filesBelow(join(CLIENT, "src"))).map((name) => name.replace(/\.ts$/, ""));
    const built = sources.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`]);
    expect(paths).toEqual([...built, "LICENSE", "README.md", "package.json"].sort());
  });

  it("has the license of the project", async () => {
    expect(await readFile(join(CLIENT, "LICENSE"), "utf8")).toBe(await readFile(join(PROJECT, "LICENSE"), "utf8"));
  });

  it("imports nothing of Node but in its own entry for Node, and no file of the project", async () => {
    for (const name of (await filesBelow(join(installed, "dist"))).filter((path) => path.endsWith(".js"))) {
      const text = await readFile(join(installed, "dist", name), "utf8");
      const named = [...text.matchAll(/^(?:import|export)[^;]*?from "([^"]+)";/gms)].map(([, from = ""]) => from);
      const foreign = named.filter((from) => !/^\.\/[\w-]+\.js$/.test(from) && !from.startsWith("@noble/hashes/"));
      expect(
        foreign.every((from) => name === "node.js" && from.startsWith("node:")),
        `${name}: ${foreign}`,
      ).toBe(true);
    }
  });

  it("depends on the version of its dependency that the project tests it with", async () => {
    const { dependencies } = JSON.parse(await readFile(join(CLIENT, "package.json"), "utf8"));
    const project = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
    expect(dependencies).toEqual({ "@noble/hashes": `^${project.dependencies["@noble/hashes"]}` });
  });

  it("has the example of its README, which a strict project compiles against the published types", async () => {
    const guide = await readFile(join(CLIENT, "README.md"), "utf8");
    const [, example = ""] = /^```ts\n(.*?)^```/ms.exec(guide) ?? [];
    expect(example).toContain("rbee-catalog-client");
    await writeFile(join(root, "package.json"), '{ "type": "module" }');
    await writeFile(join(root, "example.ts"), example);
    const options = {
      module: "nodenext",
      target: "es2024",
      lib: ["es2024"],
      types: ["node"],
      strict: true,
      noEmit: true,
    };
    const strict = {
      ...options,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
    };
    await writeFile(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions: strict, files: ["example.ts"] }));
    await runIn(root, "tsc", "-p", ".");
  });

  it("is loaded by Node from its exports", async () => {
    const script = 'import("rbee-catalog-client").then((all) => console.log(Object.keys(all).includes("Catalog")))';
    await writeFile(join(root, "load.js"), script);
    expect(await runIn(root, "node", "load.js")).toBe("true\n");
  });
});
