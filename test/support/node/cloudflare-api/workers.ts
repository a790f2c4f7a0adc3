import { randomUUID } from "node:crypto";
import * as z from "zod";
import { ApiError, type ApiRequest, type Route } from "./answer.ts";

const Binding = z.looseObject({ name: z.string(), type: z.string() });

/** The part of an upload's `metadata` that decides: `createWorkerUploadForm` of wrangler makes it. */
const Metadata = z.looseObject({
  main_module: z.string(),
  bindings: z.array(Binding),
  keep_bindings: z.array(z.string()).default([]),
  observability: z.unknown().optional(),
  limits: z.unknown().optional(),
});

type StubBinding = z.output<typeof Binding>;

/** One version of a Worker, with the bindings and secrets that it keeps for ever. */
export type StubVersion = { id: string; bindings: StubBinding[]; modules: string[] };

export type StubWorker = {
  name: string;
  tag: string;
  versions: StubVersion[];
  /** The id of the version that serves. */
  deployed: string;
  schedules: string[];
  domains: string[];
  subdomain: { enabled: boolean; previews_enabled: boolean };
  observability: unknown;
};

/** The bindings of the version that serves; none without a Worker. */
export const bindingsOf = (worker: StubWorker | undefined): StubBinding[] =>
  worker?.versions.find(({ id }) => id === worker.deployed)?.bindings ?? [];

/** The name of a variable's or secret's binding and its value. */
export const varsOf = (worker: StubWorker | undefined): Record<string, unknown> =>
  Object.fromEntries(bindingsOf(worker).flatMap(({ name, text }) => (text === undefined ? [] : [[name, text]])));

/** Reads an upload: its modules, and its bindings with the inherited and the kept ones filled in from `before`. */
async function versionOf(form: FormData, before: StubBinding[]): Promise<StubVersion & { observability: unknown }> {
  const metadata = Metadata.parse(JSON.parse(String(form.get("metadata"))));
  const modules = [...form.keys()].filter((name) => name !== "metadata");
  if (!modules.includes(metadata.main_module)) throw new ApiError(400, 10021, "No such module: the main module");
  const bindings = metadata.bindings.map((binding) => {
    if (binding.type !== "inherit") return binding;
    const inherited = before.find(({ name }) => name === binding.name);
    if (!inherited) throw new ApiError(400, 10056, `Cannot inherit ${binding.name}: there is no such binding`);
    return inherited;
  });
  const named = new Set(bindings.map(({ name }) => name));
  const kept = before.filter(({ name, type }) => metadata.keep_bindings.includes(type) && !named.has(name));
  return { id: randomUUID(), bindings: [...bindings, ...kept], modules, observability: metadata.observability };
}

/** Refuses bindings to things that do not exist, as the upload does. */
export type KnownResources = { has(binding: StubBinding): boolean };

/** Workers, their versions, secrets, domains and cron triggers (`deploy`, `triggersDeploy` of wrangler). */
export function workerRoutes(workers: StubWorker[], resources: KnownResources): Route[] {
  const base = "/accounts/:account/workers/scripts/:name";
  const find = ({ params }: Pick<ApiRequest, "params">): StubWorker => {
    const found = workers.find(({ name }) => name === params["name"]);
    if (!found) throw new ApiError(404, 10007, "This Worker does not exist on your account.");
    return found;
  };
  const requireKnown = ({ bindings }: StubVersion) => {
    for (const binding of bindings) {
      if (!resources.has(binding)) throw new ApiError(400, 10181, `${binding.name}: no such ${binding.type}`);
    }
  };
  return [
    [
      "GET",
      "/accounts/:account/workers/scripts",
      "Workers Scripts Read",
      () => workers.map(({ name }) => ({ id: name })),
    ],
    [
      "GET",
      "/accounts/:account/workers/services/:name",
      "Workers Scripts Read",
      (request) => {
        const known = workers.find(({ name }) => name === request.params["name"]);
        if (!known) throw new ApiError(404, 10090, "workers.api.error.service_not_found");
        const script = { tag: known.tag, tags: null, last_deployed_from: "wrangler" };
        return { default_environment: { environment: "production", script } };
      },
    ],
    [
      "GET",
      `${base}/settings`,
      "Workers Scripts Read",
      (request) => ({ bindings: bindingsOf(find(request)).map(hidden) }),
    ],
    [
      "GET",
      `${base}/secrets`,
      "Workers Scripts Read",
      (request) =>
        bindingsOf(find(request))
          .filter(({ type }) => type === "secret_text")
          .map(hidden),
    ],
    [
      "PUT",
      base,
      "Workers Scripts Write",
      async ({ params, form }) => {
        const known = workers.find(({ name }) => name === params["name"]);
        const { observability, ...version } = await versionOf(await form(), known ? bindingsOf(known) : []);
        requireKnown(version);
        const worker = known ?? {
          name: params["name"] ?? "",
          tag: randomUUID().replaceAll("-", ""),
          versions: [],
          deployed: "",
          schedules: [],
          domains: [],
          // The worst case: it is on until wrangler turns it off.
          subdomain: { enabled: true, previews_enabled: true },
          observability: null,
        };
        if (!known) workers.push(worker);
        worker.versions.push(version);
        Object.assign(worker, { deployed: version.id, observability });
        return {
          id: worker.name,
          tag: worker.tag,
          etag: version.id,
          deployment_id: version.id.replaceAll("-", ""),
          startup_time_ms: 40,
        };
      },
    ],
    [
      "POST",
      `${base}/versions`,
      "Workers Scripts Write",
      async (request) => {
        const worker = find(request);
        const { observability: _, ...version } = await versionOf(await request.form(), bindingsOf(worker));
        requireKnown(version);
        worker.versions.push(version);
        return {
          id: version.id,
          number: worker.versions.length,
          resources: { script: { etag: version.id } },
          startup_time_ms: 40,
        };
      },
    ],
    [
      "GET",
      `${base}/deployments`,
      "Workers Scripts Read",
      (request) => ({
        deployments: [{ id: randomUUID(), versions: [{ version_id: find(request).deployed, percentage: 100 }] }],
      }),
    ],
    [
      "POST",
      `${base}/deployments`,
      "Workers Scripts Write",
      async (request) => {
        const Body = z.looseObject({
          versions: z.tuple([z.object({ version_id: z.string(), percentage: z.literal(100) })]),
        });
        const [{ version_id }] = Body.parse(await request.json()).versions;
        find(request).deployed = version_id;
        return { id: randomUUID() };
      },
    ],
    [
      "PATCH",
      `${base}/script-settings`,
      "Workers Scripts Write",
      async (request) => {
        const { observability } = z.looseObject({ observability: z.unknown().optional() }).parse(await request.json());
        return Object.assign(find(request), observability === undefined ? {} : { observability });
      },
    ],
    [
      "GET",
      "/accounts/:account/workers/workers/:name",
      "Workers Scripts Read",
      (request) => ({ id: find(request).tag, name: find(request).name, subdomain: find(request).subdomain }),
    ],
    [
      "POST",
      `${base}/subdomain`,
      "Workers Scripts Write",
      async (request) => {
        const sent = z
          .strictObject({ enabled: z.boolean(), previews_enabled: z.boolean() })
          .parse(await request.json());
        return Object.assign(find(request).subdomain, sent);
      },
    ],
    [
      "PUT",
      `${base}/schedules`,
      "Workers Scripts Write",
      async (request) => {
        const schedules = z.array(z.strictObject({ cron: z.string() })).parse(await request.json());
        find(request).schedules = schedules.map(({ cron }) => cron);
        return { schedules };
      },
    ],
    ...domainRoutes(workers, find),
  ];
}

/** Custom domains: wrangler takes a host from another Worker without a question if nobody is at its terminal. */
function domainRoutes(workers: StubWorker[], find: (request: ApiRequest) => StubWorker): Route[] {
  const base = "/accounts/:account/workers/scripts/:name/domains";
  return [
    [
      "GET",
      "/accounts/:account/workers/domains",
      "Workers Scripts Read",
      ({ query }) =>
        workers
          .flatMap(({ name, domains }) => domains.map((hostname) => ({ id: hostname, hostname, service: name })))
          .filter(({ hostname }) => hostname === (query.get("hostname") ?? hostname)),
    ],
    [
      "POST",
      `${base}/changeset`,
      "Workers Scripts Write",
      () => ({ added: [], removed: [], updated: [], conflicting: [] }),
    ],
    [
      "PUT",
      `${base}/records`,
      "Workers Routes Write",
      async (request) => {
        const Body = z.looseObject({ origins: z.array(z.looseObject({ hostname: z.string() })) });
        const domains = Body.parse(await request.json()).origins.map(({ hostname }) => hostname);
        for (const worker of workers) worker.domains = worker.domains.filter((host) => !domains.includes(host));
        find(request).domains = domains;
        return domains.map((hostname) => ({ id: hostname, hostname }));
      },
    ],
  ];
}

/** A binding as the API shows it: without a secret's value. */
const hidden = ({ text, type, ...binding }: StubBinding) => ({
  ...binding,
  type,
  ...(type === "secret_text" || text === undefined ? {} : { text }),
});
