import { publishedManifests } from "../../../domain/catalog/published-workers.ts";
import type { ManifestRelease } from "../../../domain/releases/manifest.ts";
import { workers } from "../../../domain/workers/workers.ts";
import { strictQuery } from "../../../platform/http/query.ts";
import { type AppContext, createRoute, createRouter, Problem, z } from "../../../platform/http/route.ts";
import { architectureOf, repositoryOf } from "../names.ts";
import { registryErrorsAt, TAGS } from "../route.ts";
import { pageOfTags } from "../tags.ts";

const path = "/v2/_catalog";

const query = z.object({
  n: z.string().optional().openapi({ description: "The most repositories to return.", example: "100" }),
  last: z.string().optional().openapi({
    description: "Return the repositories after this one.",
    example: "rbee/llm-worker-rbee-cpu",
  }),
});

const list = createRoute({
  method: "get",
  path,
  tags: TAGS,
  summary: "The repositories of the container registry",
  description:
    "As `podman search` requests them: a repository for each worker with a released binary for Linux. Public.",
  security: [],
  request: {
    query,
  },
  responses: {
    200: {
      description: "The repositories.",
      content: {
        "application/json": {
          schema: z
            .object({ repositories: z.array(z.string()) })
            .openapi({ example: { repositories: ["rbee/llm-worker-rbee-cpu"] } }),
        },
      },
    },
    ...registryErrorsAt(path, "VALIDATION_FAILED"),
  },
});

/** `GET` of the repositories. */
export const catalog = createRouter();
catalog.use(list.getRoutingPath(), strictQuery(query));

catalog.openapi(list, async (c) => {
  const { n, last } = c.req.valid("query");
  if (n !== undefined && !/^\d{1,9}$/.test(n)) {
    throw new Problem({ code: "MALFORMED_REQUEST", detail: "n must be a whole number." });
  }
  const page = pageOfTags(await repositories(c), { n: n === undefined ? null : Number(n), last: last ?? null });
  const next = page.next && `<${path}?n=${n}&last=${encodeURIComponent(page.next)}>; rel="next"`;
  return c.json({ repositories: page.tags }, 200, { "Cache-Control": "public, no-cache", ...(next && { Link: next }) });
});

/**
 * The names of the repositories with images, in the order of their bytes. Reads KV at most once. Throws
 * SERVICE_UNAVAILABLE if no store answers.
 */
async function repositories(c: AppContext): Promise<string[]> {
  const manifests = await publishedManifests(c.env, c.var.now);
  if (!manifests) {
    throw new Problem({
      code: "SERVICE_UNAVAILABLE",
      detail: "We cannot read the releases at the moment. Please try again.",
    });
  }
  return workers
    .filter((_, index) => manifests[index]?.releases.some(hasImage))
    .map(repositoryOf)
    .sort();
}

const hasImage = ({ status, artifacts }: ManifestRelease): boolean =>
  status === "published" &&
  artifacts.some(({ kind, platform }) => kind === "binary" && architectureOf(platform) !== null);
