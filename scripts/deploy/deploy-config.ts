import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { experimental_readRawConfig } from "wrangler";
import * as z from "zod";
import type { Plan } from "./plan.ts";
import type { Found } from "./resources.ts";

const Bindings = z.looseObject({ binding: z.string() });
const Environment = z.looseObject({
  d1_databases: z.array(Bindings).default([]),
  r2_buckets: z.array(Bindings).default([]),
  kv_namespaces: z.array(Bindings).default([]),
});
const Raw = z.looseObject({ env: z.record(z.string(), z.looseObject({})).optional() });

/**
 * Writes the configuration again, beside the original and with the ids of the resources that were found or made, and
 * hands its path to `use`. With an id, wrangler looks for nothing by name. The file is removed at the end.
 */
export async function withDeployConfig(
  path: string,
  plan: Plan,
  found: Found,
  use: (config: string) => Promise<void>,
): Promise<void> {
  const raw = Raw.parse(experimental_readRawConfig({ config: path }).rawConfig);
  const { environment } = plan;
  const written =
    environment === null
      ? { ...raw, ...withIds(raw, plan, found) }
      : { ...raw, env: { ...raw.env, [environment]: withIds(raw.env?.[environment] ?? {}, plan, found) } };
  const file = join(dirname(path), `.wrangler.deploy-${plan.own.name}.json`);
  await writeFile(file, JSON.stringify(written, null, 2));
  try {
    await use(file);
  } finally {
    await rm(file, { force: true });
  }
}

function withIds(environment: object, plan: Plan, found: Found) {
  const parsed = Environment.parse(environment);
  const idsOf = <Named extends { binding: string }>(
    named: readonly Named[],
    idOf: (entry: Named) => string | undefined,
  ) => new Map(named.map((entry) => [entry.binding, idOf(entry)]));
  const databases = idsOf(plan.databases, ({ name }) => found.databases.get(name));
  const namespaces = idsOf(plan.namespaces, ({ title }) => found.namespaces.get(title));
  const jurisdiction = found.jurisdiction ?? undefined;
  return {
    ...parsed,
    d1_databases: parsed.d1_databases.map((entry) => ({ ...entry, database_id: databases.get(entry.binding) })),
    kv_namespaces: parsed.kv_namespaces.map((entry) => ({ ...entry, id: namespaces.get(entry.binding) })),
    r2_buckets: parsed.r2_buckets.map((entry) => ({ ...entry, ...(jurisdiction && { jurisdiction }) })),
  };
}
