import * as z from "zod";
import { type Cloudflare, unlessMissing } from "./cloudflare.ts";
import type { Plan } from "./plan.ts";
import { Refused } from "./refusal.ts";
import type { Found } from "./resources.ts";

const Scripts = z.array(z.object({ id: z.string() }));
const Domains = z.array(z.object({ hostname: z.string(), service: z.string() }));
const Binding = z.object({
  type: z.string(),
  id: z.string().optional(),
  database_id: z.string().optional(),
  bucket_name: z.string().optional(),
  namespace_id: z.string().optional(),
  queue_name: z.string().optional(),
});
const Settings = z.object({ bindings: z.array(Binding) });

/** The resource of a plan that a binding of some Worker uses, in words; null if it uses none. */
function usedBy(binding: z.infer<typeof Binding>, plan: Plan, found: Found): string | null {
  const named = <Entry>(entries: Iterable<[Entry, string]>, id: string | undefined, noun: string) => {
    for (const [name, known] of entries) if (known === id) return `the ${noun} ${name}`;
    return null;
  };
  switch (binding.type) {
    case "d1":
      return named(found.databases, binding.database_id ?? binding.id, "database");
    case "kv_namespace":
      return named(
        plan.namespaces.map(({ title }) => [title, found.namespaces.get(title) ?? ""]),
        binding.namespace_id,
        "KV namespace",
      );
    case "r2_bucket":
      return named(
        plan.buckets.map(({ name }) => [name, name]),
        binding.bucket_name,
        "bucket",
      );
    case "ratelimit":
      return named(
        plan.rateLimits.map((id) => [id, id]),
        binding.namespace_id,
        "rate limit with the namespace_id",
      );
    case "queue":
      return named(
        plan.queues.map((name) => [name, name]),
        binding.queue_name,
        "queue",
      );
    default:
      return null;
  }
}

/**
 * Checks that no other Worker of the account uses the plan's databases, buckets, namespaces, rate limits, queues or
 * hosts. Throws `Refused` that names each: wrangler would connect to them, and take a host, without a question.
 * Returns the ids of the databases that the Worker of this plan is bound to already.
 */
export async function requireNoNeighbor(
  cloudflare: Cloudflare,
  account: string,
  plan: Plan,
  found: Found,
  sharedWith: readonly string[],
): Promise<string[]> {
  const isOther = (worker: string) => worker !== plan.own.name && !sharedWith.includes(worker);
  const shared = new Map<string, string[]>();
  const share = (worker: string, resource: string) => {
    if (isOther(worker)) shared.set(worker, [...(shared.get(worker) ?? []), resource]);
  };
  const scripts = await unlessMissing(cloudflare(Scripts, `/accounts/${account}/workers/scripts`));
  let bound: string[] = [];
  for (const { id: worker } of scripts ?? []) {
    const path = `/accounts/${account}/workers/scripts/${worker}/settings`;
    const { bindings } = (await unlessMissing(cloudflare(Settings, path))) ?? { bindings: [] };
    for (const binding of bindings) {
      const resource = usedBy(binding, plan, found);
      if (resource !== null) share(worker, resource);
    }
    if (worker === plan.own.name) bound = bindings.map(({ database_id, id }) => database_id ?? id ?? "");
  }
  for (const queue of plan.queues) {
    for (const worker of found.queues.get(queue) ?? []) share(worker, `the queue ${queue}, as its consumer`);
  }
  for (const host of plan.hosts) {
    const query = { hostname: host };
    const domains = await unlessMissing(cloudflare(Domains, `/accounts/${account}/workers/domains`, { query }));
    for (const { hostname, service } of domains ?? []) if (hostname === host) share(service, `the host ${hostname}`);
  }
  if (shared.size === 0) return bound;
  const list = [...shared].map(([worker, resources]) => `The Worker ${worker} uses ${resources.join(", ")}.`);
  throw new Refused(
    `${list.join("\n")}\nA second deployment would act on the first one's data. Give ${plan.own.name} its own names, ids ` +
      "and PUBLIC_URL in wrangler.toml. Nothing has been changed.",
  );
}
