import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";

const PROJECT = join(import.meta.dirname, "../..");
const GUIDES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", ".github/PULL_REQUEST_TEMPLATE.md"];

const Package = z.object({
  packageManager: z.string(),
  engines: z.object({ node: z.string() }),
  scripts: z.record(z.string(), z.string()),
  devDependencies: z.object({ node: z.string() }),
});

const read = (path: string) => readFile(join(PROJECT, path), "utf8");

describe("package.json", () => {
  let manifest: z.infer<typeof Package>;
  beforeAll(async () => {
    manifest = Package.parse(JSON.parse(await read("package.json")));
  });

  it("names the Node of .nvmrc and pnpm-workspace.yaml", async () => {
    const { node } = manifest.devDependencies;
    expect((await read(".nvmrc")).trim()).toBe(node.split(".")[0]);
    expect(await read("pnpm-workspace.yaml")).toContain(`\nnodeVersion: ${node}\n`);
  });

  it("installs with the pnpm that packageManager names", () => {
    expect(manifest.scripts["setup"]).toContain(` ${manifest.packageManager} `);
  });

  it("allows the Node of the workflow's container", async () => {
    const [, image = ""] = /image: node:(\d+)-/.exec(await read(".github/workflows/ci.yml")) ?? [];
    expect(manifest.engines.node).toBe(`>=${image}`);
  });

  it("has every script that a guide tells people to run", async () => {
    const texts = await Promise.all(GUIDES.map(read));
    const named = texts.flatMap((text) => [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = ""]) => script));
    expect(named).toContain("check");
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
  });
});
