import { strictQuery } from "../../../platform/http/query.ts";
import { createRoute, createRouter, Problem, z } from "../../../platform/http/route.ts";
import { visitorOf } from "../access.ts";
import { type Referrer, referrersIndex, referrersOf } from "../manifest.ts";
import { digestOf, MEDIA_TYPES } from "../names.ts";
import { readRepository } from "../repository.ts";
import { resolveReference } from "../resolution.ts";
import {
  documentOf,
  RepositoryParams,
  registryErrorsAt,
  requireDigest,
  requireRepository,
  SECURITY,
  TAGS,
} from "../route.ts";

const path = "/v2/rbee/{id}/referrers/{digest}";

const query = z.object({
  artifactType: z.string().optional().openapi({
    description: "Return the artifacts of this type.",
    example: "application/vnd.rbee.minisign.signature",
  }),
});

const list = createRoute({
  method: "get",
  path,
  tags: TAGS,
  summary: "The signatures and the provenance of a container image",
  description:
    "An index of the artifacts that refer to a manifest: the minisign signature of the program in an image " +
    "(`application/vnd.rbee.minisign.signature`) and its build provenance (`application/vnd.rbee.build.provenance`). Both are about " +
    "the program, not about the image's digest.",
  security: SECURITY,
  request: {
    params: RepositoryParams.extend({
      digest: z.string().openapi({
        description: "The digest of a manifest.",
        example: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      }),
    }),
    query,
  },
  responses: {
    200: {
      description: "The index; of no manifests if nothing refers to the digest.",
      content: {
        [MEDIA_TYPES.index]: { schema: z.object({ manifests: z.array(z.looseObject({ digest: z.string() })) }) },
      },
    },
    304: { description: "The client's copy is current." },
    ...registryErrorsAt(path, "VALIDATION_FAILED"),
  },
});

/** `GET` of the referrers of a manifest. */
export const referrers = createRouter();
referrers.use(list.getRoutingPath(), strictQuery(query));

referrers.openapi(list, async (c) => {
  const { id, digest } = c.req.valid("param");
  const { artifactType } = c.req.valid("query");
  const worker = requireRepository(id);
  const hex = requireDigest(digest);
  const visitor = await visitorOf(c, worker);
  const repository = await readRepository(c, worker, visitor.asker);
  let found: Referrer[] = [];
  try {
    const located = await resolveReference(c, repository, digestOf(hex), visitor);
    const isReferrer = "artifactType" in located.manifest;
    found = isReferrer ? [] : referrersOf(located.version, located.images, located.manifest);
  } catch (error) {
    // A digest that the repository does not know has no referrers, and is no error (distribution-spec).
    if (!(error instanceof Problem) || error.code !== "ARTIFACT_NOT_FOUND") throw error;
  }
  const wanted = artifactType ? found.filter((one) => one.artifactType === artifactType) : found;
  const { text, type, hex: own } = referrersIndex(wanted);
  const response = documentOf(c, worker, text, type, own);
  if (artifactType) response.headers.set("OCI-Filters-Applied", "artifactType");
  return response;
});
