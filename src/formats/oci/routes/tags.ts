import { strictQuery } from "../../../platform/http/query.ts";
import { createRoute, createRouter, Problem, z } from "../../../platform/http/route.ts";
import { offeredVersions, visitorOf } from "../access.ts";
import { repositoryOf } from "../names.ts";
import { readRepository } from "../repository.ts";
import { RepositoryParams, registryErrorsAt, requireRepository, SECURITY, TAGS } from "../route.ts";
import { pageOfTags, tagsOf } from "../tags.ts";

const path = "/v2/rbee/{id}/tags/list";

const query = z.object({
  n: z.string().optional().openapi({ description: "The most tags to return.", example: "100" }),
  last: z.string().optional().openapi({ description: "Return the tags after this one.", example: "1.2.0" }),
});

const list = createRoute({
  method: "get",
  path,
  tags: TAGS,
  summary: "The tags of a worker's container images",
  description:
    "Each version that the asker may have, each channel and `latest`, in the order of their bytes. A yanked version has no tag here, " +
    "but can still be pulled. `Link` leads to the next page.",
  security: SECURITY,
  request: {
    params: RepositoryParams,
    query,
  },
  responses: {
    200: {
      description: "The tags.",
      content: {
        "application/json": {
          schema: z
            .object({ name: z.string(), tags: z.array(z.string()) })
            .openapi({ example: { name: "rbee/llm-worker-rbee-cpu", tags: ["0.2.0", "latest", "stable"] } }),
        },
      },
    },
    ...registryErrorsAt(path, "VALIDATION_FAILED"),
  },
});

/** `GET` of a repository's tags. */
export const tags = createRouter();
tags.use(list.getRoutingPath(), strictQuery(query));

tags.openapi(list, async (c) => {
  const { id } = c.req.valid("param");
  const { n, last } = c.req.valid("query");
  const worker = requireRepository(id);
  if (n !== undefined && !/^\d{1,9}$/.test(n)) {
    throw new Problem({ code: "MALFORMED_REQUEST", detail: "n must be a whole number." });
  }
  const visitor = await visitorOf(c, worker);
  const repository = await readRepository(c, worker, visitor.asker);
  const all = tagsOf(await offeredVersions(c, repository, visitor));
  const page = pageOfTags(all, { n: n === undefined ? null : Number(n), last: last ?? null });
  const name = repositoryOf(worker);
  const next = page.next && `</v2/${name}/tags/list?n=${n}&last=${encodeURIComponent(page.next)}>; rel="next"`;
  return c.json({ name, tags: page.tags }, 200, {
    "Cache-Control": worker.tier === "free" ? "public, no-cache" : "private, no-store",
    ...(next && { Link: next }),
  });
});
