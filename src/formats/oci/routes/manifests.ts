import { createRoute, createRouter, Problem, z } from "../../../platform/http/route.ts";
import { accepts } from "../accept.ts";
import { visitorOf } from "../access.ts";
import { imageManifest, type Manifest } from "../manifest.ts";
import { digestHex, MEDIA_TYPES } from "../names.ts";
import { readRepository } from "../repository.ts";
import { type Located, resolveReference } from "../resolution.ts";
import { documentOf, RepositoryParams, registryErrorsAt, requireRepository, SECURITY, TAGS } from "../route.ts";

const path = "/v2/rbee/{id}/manifests/{reference}";

const document = { schema: z.object({ schemaVersion: z.literal(2), mediaType: z.string() }).loose() };

const manifest = createRoute({
  method: "get",
  path,
  tags: TAGS,
  summary: "A manifest of a container image",
  description:
    "GET or HEAD, as `docker pull` and `podman pull` request it (OCI distribution specification 1.1). A tag is a version, `latest` or " +
    "a channel, and names an index with an image for each platform. A yanked version is answered, a blocked one refused. A client " +
    "that takes no index gets the image for amd64; one that takes Docker's own types alone is refused.",
  security: SECURITY,
  request: {
    params: RepositoryParams.extend({
      reference: z.string().openapi({ description: "A tag or a digest.", example: "latest" }),
    }),
    headers: z.object({
      Accept: z.string().optional().openapi({ description: "The media types that the client takes." }),
    }),
  },
  responses: {
    200: {
      description: "The manifest. `Docker-Content-Digest` is its digest.",
      content: { [MEDIA_TYPES.index]: document, [MEDIA_TYPES.manifest]: document },
    },
    304: { description: "The client's copy is current." },
    ...registryErrorsAt(path),
  },
});

/** `GET` and `HEAD` of manifests. */
export const manifests = createRouter();

manifests.openapi(manifest, async (c) => {
  const { id, reference } = c.req.valid("param");
  const worker = requireRepository(id);
  const visitor = await visitorOf(c, worker);
  const repository = await readRepository(c, worker, visitor.asker);
  const located = await resolveReference(c, repository, reference, visitor);
  c.var.subject.version = located.version.release.version;
  const { text, type, hex } = acceptable(located, c.req.header("Accept"), digestHex(reference) === null);
  return documentOf(c, worker, text, type, hex);
});

/** The manifest in a form that the client takes. Throws ARTIFACT_NOT_FOUND if there is none. */
function acceptable({ manifest: found, images }: Located, accept: string | undefined, isTag: boolean): Manifest {
  if (accepts(accept, found.type)) return found;
  const [image] = images;
  if (isTag && image && accepts(accept, MEDIA_TYPES.manifest)) return imageManifest(image);
  throw new Problem({
    code: "ARTIFACT_NOT_FOUND",
    detail: `The manifest is ${found.type}, which your client does not accept. Please use a newer client.`,
  });
}
