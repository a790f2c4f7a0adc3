import * as z from "zod";
import { type Cloudflare, listAll, unlessMissing } from "./cloudflare.ts";
import type { Place } from "./options.ts";
import type { Plan } from "./plan.ts";
import { Refused } from "./refusal.ts";

const Database = z.object({ uuid: z.string(), name: z.string(), jurisdiction: z.string().nullish() });
const Bucket = z.object({ name: z.string() });
const Namespace = z.object({ id: z.string(), title: z.string() });
const Consumer = z.object({ script: z.string().nullish(), service: z.string().nullish() });
const Queue = z.object({ queue_name: z.string(), consumers: z.array(Consumer).nullish() });

/** The resources of a plan that exist at Cloudflare, each by its name. */
export type Found = {
  /** The id of each database. */
  databases: Map<string, string>;
  buckets: Set<string>;
  /** The id of each namespace. */
  namespaces: Map<string, string>;
  /** The Workers that consume each queue. */
  queues: Map<string, string[]>;
  /** The jurisdiction of the databases and buckets; null if they have none; undefined if there are none yet. */
  jurisdiction: string | null | undefined;
};

/**
 * Finds the plan's resources by their names, as wrangler does. Throws `Refused` for those outside of `place`, because
 * no resource can be moved.
 */
export async function findResources(
  cloudflare: Cloudflare,
  account: string,
  plan: Plan,
  place: Place | undefined,
): Promise<Found> {
  const [databases, namespaces, queues] = await Promise.all([
    listAll(cloudflare, Database, `/accounts/${account}/d1/database`),
    listAll(cloudflare, Namespace, `/accounts/${account}/storage/kv/namespaces`),
    listAll(cloudflare, Queue, `/accounts/${account}/queues`),
  ]);
  const ours = databases.filter((database) => plan.databases.some(({ name }) => name === database.name));
  const places = new Map(ours.map((database) => [`the database ${database.name}`, database.jurisdiction ?? null]));
  const wanted = place === undefined ? places.values().next().value : jurisdictionOf(place);
  for (const { name } of plan.buckets) {
    for (const jurisdiction of new Set([wanted ?? null, null])) {
      if (await hasBucket(cloudflare, account, name, jurisdiction)) places.set(`the bucket ${name}`, jurisdiction);
    }
  }
  for (const [resource, jurisdiction] of places) {
    if (jurisdiction === (wanted ?? null)) continue;
    throw new Refused(
      `${resource} has ${jurisdiction === null ? "no jurisdiction" : `the jurisdiction "${jurisdiction}"`}, but ` +
        `${wanted ? `"${wanted}"` : "none"} is wanted. It can never be moved: leave out --jurisdiction, or give this ` +
        "deployment other names in wrangler.toml.",
    );
  }
  return {
    databases: new Map(ours.map(({ name, uuid }) => [name, uuid])),
    buckets: new Set(plan.buckets.map(({ name }) => name).filter((name) => places.has(`the bucket ${name}`))),
    namespaces: new Map(namespaces.map(({ title, id }) => [title, id])),
    queues: new Map(
      queues.map(({ queue_name, consumers }) => [
        queue_name,
        (consumers ?? []).map(({ script, service }) => script ?? service ?? "").filter((name) => name !== ""),
      ]),
    ),
    jurisdiction: places.size === 0 ? undefined : (wanted ?? null),
  };
}

/** The jurisdiction of a place; null for a location hint and for `any`. */
export const jurisdictionOf = (place: Place): string | null =>
  place !== null && "jurisdiction" in place ? place.jurisdiction : null;

async function hasBucket(
  cloudflare: Cloudflare,
  account: string,
  name: string,
  jurisdiction: string | null,
): Promise<boolean> {
  const path = `/accounts/${account}/r2/buckets/${name}`;
  return (await unlessMissing(cloudflare(Bucket, path, inJurisdiction(jurisdiction)))) !== null;
}

const inJurisdiction = (jurisdiction: string | null) => (jurisdiction === null ? {} : { jurisdiction });

/** Makes the resources of a plan that are missing, and adds them to `found`. A repeated call makes the rest. */
export async function makeResources(
  cloudflare: Cloudflare,
  account: string,
  plan: Plan,
  found: Found,
  place: Place,
  say: (line: string) => void,
): Promise<void> {
  const make = <Schema extends z.ZodType>(schema: Schema, path: string, body: object, jurisdiction?: string | null) =>
    cloudflare(schema, `/accounts/${account}/${path}`, {
      method: "POST",
      body,
      ...inJurisdiction(jurisdiction ?? null),
    });
  const jurisdiction = jurisdictionOf(place);
  found.jurisdiction = jurisdiction;
  const location = place !== null && "location" in place ? place.location : null;
  for (const { name } of plan.databases.filter(({ name }) => !found.databases.has(name))) {
    say(`Making the database ${name}`);
    const { uuid } = await make(Database, "d1/database", {
      name,
      ...(jurisdiction === null ? {} : { jurisdiction }),
      ...(location === null ? {} : { primary_location_hint: location }),
    });
    found.databases.set(name, uuid);
  }
  for (const { name } of plan.buckets.filter(({ name }) => !found.buckets.has(name))) {
    say(`Making the bucket ${name}`);
    await make(Bucket, "r2/buckets", { name, ...(location === null ? {} : { locationHint: location }) }, jurisdiction);
    found.buckets.add(name);
  }
  for (const { title } of plan.namespaces.filter(({ title }) => !found.namespaces.has(title))) {
    say(`Making the KV namespace ${title}`);
    const { id } = await make(Namespace, "storage/kv/namespaces", { title });
    found.namespaces.set(title, id);
  }
  for (const name of plan.queues.filter((name) => !found.queues.has(name))) {
    say(`Making the queue ${name}`);
    await make(Queue, "queues", { queue_name: name });
    found.queues.set(name, []);
  }
}
