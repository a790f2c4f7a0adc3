import { toRfc3339 } from "../../../lib/time.ts";
import { documentResponse, staticDocument } from "../../../platform/http/document.ts";
import {
  ANYONE,
  type AppContext,
  combine,
  createRouter,
  operation,
  Problem,
  publicCors,
  Timestamp,
  z,
} from "../../../platform/http/route.ts";
import { readAvailableWorkers } from "../../catalog/available-workers.ts";
import { CHANNELS } from "../../releases/manifest.ts";
import { NOT_MODIFIED, WorkerParams } from "../../workers/request.ts";
import { TIERS, type Tier } from "../../workers/table.ts";
import { requireWorker, workers } from "../../workers/workers.ts";
import { COUNTS_HOLD, readCounts } from "./counts.ts";
import { byPlatform, merged, type PublicFacts, publicDownloads, releaseFacts, sumOf } from "./decision.ts";

const count = (description: string, example = 1200) => z.int().min(0).openapi({ description, example });

const downloads = {
  total: count("All downloads. A resumed download counts once."),
  last_30_days: count("Downloads of the last 30 days (UTC).", 300),
};
const version = z.string().openapi({ example: "1.4.0" });
const platform = z.string().openapi({ example: "linux-x86_64" });
const workerId = z.string().openapi({ example: "llm-worker-rbee-cpu" });

const ReleaseSchema = z.object({ version, channel: z.enum(CHANNELS), published_at: Timestamp });

const WorkerStatsSchema = z
  .object({
    worker_id: workerId,
    tier: z.enum(TIERS),
    downloads: z.object({
      ...downloads,
      rounded_to: z.int().openapi({
        description:
          "1 for free workers. Each count of a premium worker leaves out today and is rounded down to a multiple of this, so that " +
          "it does not show a customer with a few machines.",
        example: 1,
      }),
      by_version: z.array(z.object({ version, ...downloads })),
      by_platform: z.array(z.object({ platform, ...downloads })),
    }),
    releases: z.object({ count: count("Published versions, without yanked and blocked ones.", 7) }),
    last_release: ReleaseSchema.nullable(),
    counted_at: Timestamp,
  })
  .openapi("WorkerStats");

const OverviewSchema = z
  .object({
    workers: z.object({ total: count("Workers of the catalog.", 11), released: count("Those with a release.", 4) }),
    downloads: z.object({
      ...downloads,
      by_worker: z.array(z.object({ worker_id: workerId, ...downloads })),
      by_platform: z.array(z.object({ platform, ...downloads })),
    }),
    releases: z.object({ count: count("Published versions, without yanked and blocked ones.", 30) }),
    last_release: ReleaseSchema.extend({ worker_id: workerId }).nullable(),
    counted_at: Timestamp,
  })
  .openapi("StatsOverview");

/** The facts of every worker, and when its downloads were counted. Throws SERVICE_UNAVAILABLE if a store is down. */
async function readFacts(c: AppContext): Promise<{ all: PublicFacts[]; countedAt: string }> {
  const [available, counts] = await Promise.all([readAvailableWorkers(c.env, c.var.now), readCounts(c.env, c.var.now)]);
  const all = [...available.values()].flatMap(({ worker: { id, tier }, releases }) =>
    releases ? [{ id, tier, releases, files: counts?.files.filter((file) => file.worker_id === id) ?? [] }] : [],
  );
  if (counts && all.length === available.size) return { all, countedAt: toRfc3339(counts.counted_at) };
  throw new Problem({
    code: "SERVICE_UNAVAILABLE",
    detail: "The figures cannot be read right now. Workers and downloads do not depend on them.",
    extras: { retry_after: 30 },
  });
}

function lastOf(facts: PublicFacts): z.input<typeof ReleaseSchema> | null {
  const { last } = releaseFacts(facts.releases);
  return last && { version: last.version, channel: last.channel, published_at: toRfc3339(last.published_at) };
}

/** The worker or family with this name, with the ids of its workers. Throws WORKER_NOT_FOUND. */
function namedBy(name: string): { id: string; tier: Tier; members: string[] } {
  const [first, ...others] = workers.filter(({ family }) => family.id === name);
  if (first) return { id: name, tier: first.tier, members: [first, ...others].map(({ id }) => id) };
  const { id, tier } = requireWorker(name);
  return { id, tier, members: [id] };
}

/** The answer with a body that caches keep as long as the counts hold. */
const answer = (c: AppContext, body: object): Response =>
  documentResponse(c.req.raw, staticDocument(JSON.stringify(body), "application/json"), {
    "Cache-Control": `public, max-age=${COUNTS_HOLD}`,
  });

const stats = createRouter();

stats.openapi(
  operation("get", "/v1/workers/{id}/stats", {
    tag: "Catalog",
    summary: "Count a worker's downloads",
    description:
      "Public figures of one worker, or of all workers of a family, at most a minute old: downloads by version and platform, and " +
      "releases.",
    access: ANYONE,
    params: WorkerParams,
    answers: { 200: ["The figures.", WorkerStatsSchema], ...NOT_MODIFIED },
    refusals: ["WORKER_NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { id, tier, members } = namedBy(c.req.valid("param").id);
    const { all, countedAt } = await readFacts(c);
    const facts = merged(
      id,
      tier,
      all.filter((worker) => members.includes(worker.id)),
    );
    const body: z.input<typeof WorkerStatsSchema> = {
      worker_id: id,
      tier,
      downloads: publicDownloads(facts),
      releases: { count: releaseFacts(facts.releases).count },
      last_release: lastOf(facts),
      counted_at: countedAt,
    };
    return answer(c, body);
  },
);

stats.openapi(
  operation("get", "/v1/stats/overview", {
    tag: "Catalog",
    summary: "Count the downloads of all workers",
    description:
      "Public figures of the whole catalog, at most a minute old. Its sums are those of the workers' figures.",
    access: ANYONE,
    answers: { 200: ["The figures.", OverviewSchema], ...NOT_MODIFIED },
    refusals: ["SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { all, countedAt } = await readFacts(c);
    const counted = all.map((facts) => ({ worker_id: facts.id, ...publicDownloads(facts) }));
    const last = all.flatMap((facts) => {
      const release = lastOf(facts);
      return release ? [{ worker_id: facts.id, ...release }] : [];
    });
    const body: z.input<typeof OverviewSchema> = {
      workers: { total: all.length, released: last.length },
      downloads: {
        ...sumOf(counted),
        by_worker: counted.map(({ worker_id, total, last_30_days }) => ({ worker_id, total, last_30_days })),
        by_platform: byPlatform(counted),
      },
      releases: { count: all.reduce((sum, { releases }) => sum + releaseFacts(releases).count, 0) },
      last_release: last.toSorted((one, other) => (one.published_at < other.published_at ? 1 : -1))[0] ?? null,
      counted_at: countedAt,
    };
    return answer(c, body);
  },
);

const forBrowsers = createRouter();
for (const path of ["/v1/workers/:id/stats", "/v1/stats/*"]) forBrowsers.use(path, publicCors);

/** Figures that anybody may read. */
export const publicFiguresRoutes = combine(forBrowsers, stats);
