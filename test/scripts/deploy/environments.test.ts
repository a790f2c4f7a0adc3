import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Unstable_Config, unstable_readConfig } from "wrangler";
import { PROJECT } from "../../../scripts/development/paths.ts";

/** The keys whose value names one resource of the account, or one address. */
const NAMES = ["database_name", "bucket_name", "namespace_id", "queue", "dead_letter_queue", "id", "pattern"];

const path = join(PROJECT, "wrangler.toml");
const production = unstable_readConfig({ config: path });
const staging = unstable_readConfig({ config: path, env: "staging" });

/** The names of resources and addresses in a part of the configuration. */
function namesIn(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) =>
    typeof value === "string" && NAMES.includes(key) ? [value] : namesIn(value),
  );
}

/** A part of the configuration without those names, and without the jurisdiction, which each environment may choose. */
function shapeOf(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(shapeOf);
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part)
      .filter(([key]) => key !== "jurisdiction")
      .map(([key, value]) => [key, NAMES.includes(key) ? "a name" : shapeOf(value)]),
  );
}

/** Everything that an environment binds, schedules, limits and requires, with the names of its variables. */
function partsOf(config: Unstable_Config): object {
  const { name: _name, targetEnvironment: _environment, vars, ...parts } = config;
  return { ...parts, vars: Object.keys(vars).sort() };
}

describe("wrangler.toml", () => {
  it("gives staging each binding, trigger, limit, secret and variable of production", () => {
    expect(shapeOf(partsOf(staging))).toEqual(shapeOf(partsOf(production)));
  });

  it("lets the environments share no name of a resource and no address", () => {
    const names = [...namesIn(production), production.name];
    expect(names.length).toBeGreaterThan(12);
    const shared = [...namesIn(staging), staging.name].filter((name) => names.includes(name));
    expect(shared).toEqual([]);
    expect(staging.vars["PUBLIC_URL"]).not.toBe(production.vars["PUBLIC_URL"]);
  });

  it("ends each name of a resource of staging in -staging", () => {
    const { d1_databases, r2_buckets, queues } = staging;
    const named = [staging.name, ...namesIn([d1_databases, r2_buckets, queues])];
    expect(named.filter((name) => !name?.endsWith("-staging"))).toEqual([]);
  });

  it.each([production, staging])(
    "serves $name at the host of its PUBLIC_URL alone, and no version elsewhere",
    (config) => {
      const { host } = new URL(String(config.vars["PUBLIC_URL"]));
      expect(config.routes).toEqual([{ pattern: host, custom_domain: true }]);
      expect(config).toMatchObject({ workers_dev: false, preview_urls: false });
    },
  );

  it.each([production, staging])("keeps no request's address in the logs of $name", ({ observability }) => {
    expect(observability).toMatchObject({
      enabled: true,
      redact_query_string: true,
      logs: { invocation_logs: false },
      traces: { enabled: false },
    });
  });

  it("runs no real money in staging", () => {
    expect(production.vars["LIVEMODE"]).toBe("true");
    expect(staging.vars["LIVEMODE"]).toBe("false");
  });
});
