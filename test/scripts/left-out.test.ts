import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { unstable_readConfig } from "wrangler";
import * as ours from "../../scripts/left-out/zod.ts";

const ROOT = join(import.meta.dirname, "../..");
const MODULES = join(ROOT, "node_modules");

const { alias = {} } = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });
const leftOut = (file: string) => Object.keys(alias).filter((name) => alias[name]?.endsWith(file));

/** The text of the Worker's own code. */
const SOURCE = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith("cli/"))
  .map((path) => readFileSync(join(ROOT, "src", path), "utf8"))
  .join("\n");

it("left-out parts: each replaces a file that its package has", () => {
  const folders = [
    ...["zod/v4/core", "zod/v4/classic"].map((folder) => ({ folder, names: leftOut("zod.ts") })),
    { folder: "stripe/esm", names: leftOut("stripe.ts") },
  ];
  const replaced = new Set(
    folders.flatMap(({ folder, names }) => names.filter((name) => existsSync(join(MODULES, folder, name)))),
  );
  expect(replaced.size).toBeGreaterThan(20);
  expect([...replaced].sort()).toEqual([...leftOut("zod.ts"), ...leftOut("stripe.ts")].sort());
});

it("left-out parts of Stripe's SDK: the Worker calls none of them", () => {
  const names = leftOut("stripe.ts").flatMap((name) => /^\.\/resources\/(\w+)/.exec(name)?.[1] ?? []);
  const resources = names.map((name) =>
    name.replace(/^[A-Z]+?(?=[A-Z][a-z]|[a-z]|\d|$)/, (first) => first.toLowerCase()),
  );
  expect(resources).toContain("issuing");
  expect(resources).toContain("testHelpers");
  expect(resources).toContain("threeDSecure");
  const called = resources.filter((name) =>
    new RegExp(`\\bstripe\\.${name}\\b|["']${name}\\.[\\w.]+["']:`, "i").test(SOURCE),
  );
  expect(called).toEqual([]);
  expect(SOURCE).toMatch(/\bstripe\.prices\b|["']prices\./);
});

it("left-out parts of zod: the Worker calls none of them", () => {
  expect(SOURCE.match(/\b(toJSONSchema|fromJSONSchema|z\.compile|withParser)\b/g)).toBeNull();
});

it("left-out parts of zod: the functions that a schema's own members call are there", () => {
  const schemas = readFileSync(join(MODULES, "zod/v4/classic/schemas.js"), "utf8");
  // Members such as `minLength`, which the API's description reads. Only JSON Schema needs the processors.
  const called = new Set(schemas.match(/(?<=\bprocessors\.)(?!js\b|\w+Processor\b)\w+/g));
  expect([...called]).toContain("aggregateChecks");
  expect([...called].filter((name) => !(name in ours))).toEqual([]);
});
