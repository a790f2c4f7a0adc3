import { unstable_readConfig } from "wrangler";
import * as z from "zod";
import type { Deployment } from "../../src/platform/config/deployment.ts";
import { Refused } from "./refusal.ts";

/** The parts of a configuration, as wrangler reads it, that this needs. */
const Config = z.object({
  name: z.string().optional(),
  vars: z.record(z.string(), z.unknown()),
  workers_dev: z.boolean().optional(),
  preview_urls: z.boolean().optional(),
  routes: z
    .array(z.union([z.string(), z.object({ pattern: z.string(), custom_domain: z.boolean().optional() })]))
    .default([]),
  d1_databases: z.array(z.object({ binding: z.string(), database_name: z.string() })),
  r2_buckets: z.array(z.object({ binding: z.string(), bucket_name: z.string(), jurisdiction: z.string().optional() })),
  kv_namespaces: z.array(z.object({ binding: z.string() })),
  queues: z.object({
    producers: z.array(z.object({ queue: z.string() })).default([]),
    consumers: z.array(z.object({ queue: z.string(), dead_letter_queue: z.string().optional() })).default([]),
  }),
  ratelimits: z.array(z.object({ namespace_id: z.string() })),
  secrets: z.object({ required: z.array(z.string()).default([]) }).optional(),
});

/** What one environment of wrangler.toml needs at Cloudflare, and its identity. */
export type Plan = {
  environment: string | null;
  own: Deployment;
  /** The hosts that `routes` gives to the Worker as custom domains, that of PUBLIC_URL first. */
  hosts: string[];
  databases: { binding: string; name: string }[];
  /** `jurisdiction`: null if the configuration says none. */
  buckets: { binding: string; name: string; jurisdiction: string | null }[];
  /** wrangler names a namespace without an id after the Worker and the binding. */
  namespaces: { binding: string; title: string }[];
  /** The queues of producers and consumers, and the dead-letter queues. */
  queues: string[];
  /** The ids of the rate limits, which belong to the account. */
  rateLimits: string[];
  requiredSecrets: string[];
  vars: Record<string, unknown>;
};

/** The configuration as wrangler reads it. Throws `Refused` with wrangler's words, for example for an unknown name. */
function readConfig(path: string, environment: string | null): unknown {
  try {
    return unstable_readConfig({ config: path, env: environment ?? "" });
  } catch (error) {
    throw new Refused(error instanceof Error ? error.message : String(error));
  }
}

const uniqueOf = (names: readonly (string | undefined)[]): string[] => [
  ...new Set(names.filter((name) => name !== undefined)),
];

/** Reads an environment of the configuration. Throws `Refused` for one that cannot be deployed as it is. */
export function readPlan(path: string, environment: string | null): Plan {
  const config = Config.parse(readConfig(path, environment));
  const { name, vars, d1_databases, r2_buckets, kv_namespaces, queues, ratelimits, routes } = config;
  const publicUrl = URL.parse(String(vars["PUBLIC_URL"]));
  if (name === undefined || publicUrl === null) throw new Refused(`${path} needs a name and a PUBLIC_URL.`);
  const hosts = routes.flatMap((route) =>
    typeof route === "object" && route.custom_domain === true ? [route.pattern] : [],
  );
  if (!hosts.includes(publicUrl.host)) {
    throw new Refused(
      `PUBLIC_URL is ${publicUrl.origin}, but routes in ${path} gives the Worker no custom domain ${publicUrl.host}.`,
    );
  }
  if (config.workers_dev !== false || config.preview_urls !== false) {
    throw new Refused(
      `Set workers_dev and preview_urls to false in ${path}. Otherwise each old version stays public, with its old secrets.`,
    );
  }
  return {
    environment,
    own: { name, public_url: publicUrl.origin, livemode: vars["LIVEMODE"] === "true" },
    hosts: uniqueOf([publicUrl.host, ...hosts]),
    databases: d1_databases.map(({ binding, database_name }) => ({ binding, name: database_name })),
    buckets: r2_buckets.map(({ binding, bucket_name, jurisdiction = null }) => ({
      ...{ binding, name: bucket_name, jurisdiction },
    })),
    namespaces: kv_namespaces.map(({ binding }) => ({
      binding,
      title: `${name}-${binding.toLowerCase().replaceAll("_", "-")}`,
    })),
    queues: uniqueOf([
      ...queues.producers.map(({ queue }) => queue),
      ...queues.consumers.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]),
    ]),
    rateLimits: ratelimits.map(({ namespace_id }) => namespace_id),
    requiredSecrets: config.secrets?.required ?? [],
    vars,
  };
}
