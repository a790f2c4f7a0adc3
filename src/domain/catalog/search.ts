import { etagOf, namesEtag, PUBLIC_CACHE_CONTROL } from "../../platform/http/document.ts";
import { ANYONE, createRouter, operation, z } from "../../platform/http/route.ts";
import { optionalChoice, unlessEmpty } from "../../platform/http/schemas.ts";
import { parseArchitecture, parsePlatform } from "../workers/hardware.ts";
import type { Architecture } from "../workers/recipe.ts";
import { NOT_MODIFIED } from "../workers/request.ts";
import { BACKENDS, type Backend, KINDS, type Kind, type OperatingSystem, TIERS, type Tier } from "../workers/table.ts";
import type { Worker } from "../workers/workers.ts";
import { publishedWorkers } from "./published-workers.ts";
import { WorkerSchema } from "./schema.ts";
import { workerResource } from "./view.ts";

/** The conditions on a worker. An absent member matches every worker. */
export type WorkerQuery = {
  /** Each word must occur, in any case, in the worker's names, description, tags, kind, backend or capabilities. */
  q?: string | undefined;
  operatingSystem?: OperatingSystem | undefined;
  architecture?: Architecture | undefined;
  kind?: Kind | undefined;
  backend?: Backend | undefined;
  tier?: Tier | undefined;
};

/**
 * The workers that match `query`, best first: free before premium. If the query describes hardware, workers for an
 * accelerator come before cpu, which runs everywhere. Otherwise the given order remains.
 */
export function searchWorkers<Found extends Worker>(workers: readonly Found[], query: WorkerQuery): Found[] {
  const words = (query.q ?? "").toLowerCase().split(/\s+/);
  const describesHardware = query.operatingSystem !== undefined || query.architecture !== undefined;
  const rank = (worker: Worker) =>
    (worker.tier === "free" ? 0 : 2) + (describesHardware && worker.backend === "cpu" ? 1 : 0);
  return workers
    .filter((worker) => {
      const text = searchText(worker);
      return (
        words.every((word) => text.includes(word)) &&
        (query.operatingSystem === undefined || worker.operatingSystems.includes(query.operatingSystem)) &&
        (query.architecture === undefined || worker.architectures.includes(query.architecture)) &&
        (query.kind === undefined || worker.kind === query.kind) &&
        (query.backend === undefined || worker.backend === query.backend) &&
        (query.tier === undefined || worker.tier === query.tier)
      );
    })
    .toSorted((a, b) => rank(a) - rank(b));
}

function searchText(worker: Worker): string {
  const { supportedFormats, supportsStreaming, supportsBatching } = worker.capabilities;
  return [
    worker.id,
    worker.variant,
    worker.name,
    worker.description,
    ...worker.family.tags,
    worker.kind,
    worker.backend,
    ...supportedFormats,
    supportsStreaming ? "streaming" : "",
    supportsBatching ? "batching" : "",
  ]
    .join(" ")
    .toLowerCase();
}

/** A text that `parse` accepts. */
const parsed = <Value>(parse: (text: string) => Value | null, expected: string) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue({ code: "custom", message: `Unknown value: expected ${expected}` });
    return z.NEVER;
  });

/** The query parameters of `GET /v1/workers` and of the storefront. `workerQuery` turns them into a query. */
export const SearchQuery = z
  .object({
    q: unlessEmpty(z.string().max(200).optional()).openapi({
      param: {
        description: "Words. Each must occur in the worker's names, description, tags, kind, backend or capabilities.",
      },
      type: "string",
      example: "nvidia gguf",
    }),
    platform: unlessEmpty(
      parsed(parsePlatform, "linux, macos or windows, or one of them with -x86_64 or -aarch64").optional(),
    ).openapi({
      param: {
        description:
          "The operating system, optionally with the instruction set. Other spellings such as `darwin-arm64` are accepted.",
      },
      type: "string",
      example: "linux-x86_64",
    }),
    arch: unlessEmpty(parsed(parseArchitecture, "x86_64 or aarch64").optional()).openapi({
      param: { description: "The instruction set. `amd64` and `arm64` are accepted, too." },
      type: "string",
      example: "x86_64",
    }),
    kind: optionalChoice(KINDS).openapi({
      param: { description: "What it generates: text (`llm`) or images (`image`)." },
      example: "llm",
    }),
    backend: optionalChoice(BACKENDS).openapi({
      param: { description: "The kind of processor that it computes on." },
      example: "cuda",
    }),
    tier: optionalChoice(TIERS).openapi({ param: { description: "Free or premium." }, example: "free" }),
  })
  .refine(({ platform, arch }) => !arch || !platform?.architecture || arch === platform.architecture, {
    path: ["arch"],
    message: "Contradicts the instruction set of platform",
  });

/** The query for validated parameters. */
export const workerQuery = ({ platform, arch, ...query }: z.output<typeof SearchQuery>): WorkerQuery => ({
  ...query,
  operatingSystem: platform?.operatingSystem,
  architecture: arch ?? platform?.architecture ?? undefined,
});

const WorkerListSchema = z.object({ workers: z.array(WorkerSchema) }).openapi("WorkerList");

/** `GET /v1/workers`: search, filter and match hardware. */
export const search = createRouter();
search.openapi(
  operation("get", "/v1/workers", {
    tag: "Catalog",
    summary: "Find workers",
    description:
      "The workers that match every given parameter, best first: free before premium and, for given hardware, workers for " +
      "an accelerator before workers for any CPU. Without parameters, every worker.",
    access: ANYONE,
    query: SearchQuery,
    answers: { 200: ["The workers, best first.", WorkerListSchema], ...NOT_MODIFIED },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const found = searchWorkers(await publishedWorkers(c.env, c.var.now), workerQuery(c.req.valid("query")));
    const body = { workers: found.map((worker) => workerResource(worker, c.var.config.PURCHASE_URL)) };
    const etag = etagOf(new TextEncoder().encode(JSON.stringify(body)));
    const headers = { "Cache-Control": PUBLIC_CACHE_CONTROL, ETag: etag };
    if (namesEtag(c.req.header("If-None-Match"), etag)) return c.body(null, 304, headers);
    return c.json(body, 200, headers);
  },
);
