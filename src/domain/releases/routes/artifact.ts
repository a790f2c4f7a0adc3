import { operation, z } from "../../../platform/http/route.ts";
import { adminActor, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { releaseAdmin } from "../access.ts";
import { readUpload } from "../artifact/store.ts";
import { declareArtifact, removeArtifact } from "../artifact/upload.ts";
import {
  ArtifactParams,
  Filename,
  FilePlatformName,
  PgpSignature,
  ReleaseParams,
  Sha256,
  SignatureText,
  Size,
} from "../fields.ts";
import type { PackageContents, PackageFormat } from "../package-format.ts";
import { DeclaredRequires } from "../requires/declared.ts";
import { canonicalRequires } from "../requires/requires.ts";
import { ArtifactUpload, CHECK_AGAIN, presentUpload } from "../view.ts";

/** In bytes. A package may list 5000 paths: this is room for paths of a hundred bytes. */
const MAX_BYTES = 512 * 1024;

const content = { "application/json": { schema: ArtifactUpload } };

/** Declare a file of a draft, which may be a package of any of `formats`. */
export function declarationRoutes(formats: readonly PackageFormat[]): ReturnType<typeof createAdminRouter> {
  const [first, ...others] = formats.map(({ schema }) => schema);
  const Contents: z.ZodType<PackageContents> = first ? z.union([first, ...others]) : z.never();
  const NewArtifact = z
    .object({
      platform: FilePlatformName,
      filename: Filename,
      size: Size,
      sha256: Sha256,
      signature: SignatureText.nullish(),
      pgp_signature: PgpSignature.nullish(),
      requires: DeclaredRequires.nullish(),
      package: (others.length > 0 ? Contents : (first ?? Contents)).nullish(),
    })
    .strict()
    .openapi("NewArtifact");
  const router = createAdminRouter();

  router.openapi(
    operation("post", "/v1/admin/releases/{id}/artifacts", {
      tag: "Admin: files",
      summary: "Add a file to a draft",
      description: [
        "Declares the file and opens its upload. The same file again is answered with 200 and the state of its upload.",
        ...formats.map(({ description }) => description),
        "A package must be of this worker, version and platform, and there is one of each format for a platform. Several binaries of",
        "a platform must differ in `requires`. A release of a worker that is built from source may have a source archive, named",
        "`{worker_id}-{version}-source.tar.gz`, for the platform `any`. `CONFLICT`: the release is no draft, or has another file there or of the name.",
      ].join(" "),
      access: releaseAdmin("releases:write"),
      params: ReleaseParams,
      body: NewArtifact,
      limit: MAX_BYTES,
      answers: {
        200: { description: "The release has it already.", content },
        201: { description: "The file, and how to cut it into parts.", content },
      },
      refusals: ["VERSION_NOT_FOUND", "CONFLICT"],
    }),
    async (c) => {
      const { signature = null, pgp_signature = null, ...sent } = c.req.valid("json");
      const { package: contents = null, requires: needs = null, ...facts } = sent;
      const file = { ...facts, signature, pgp_signature, package: contents, requires: canonicalRequires(needs) };
      const { id } = c.req.valid("param");
      const { artifact, created } = await declareArtifact(c.env, adminActor(c), id, file, formats);
      return c.json(presentUpload(await readUpload(c.env.DB, id, artifact.id), c.var.now), created ? 201 : 200);
    },
  );
  return router;
}

/** Read and remove the files of a draft. */
export const artifacts = createAdminRouter();

artifacts.openapi(
  operation("get", "/v1/admin/releases/{id}/artifacts/{artifact_id}", {
    tag: "Admin: files",
    summary: "Read the progress of an upload and its check",
    description:
      "The uploaded parts. To resume an interrupted upload, send the others. After `complete`, `check` tells how far the check of " +
      "a large file is. While it runs, the answer has `Retry-After`.",
    access: releaseAdmin("releases:read"),
    params: ArtifactParams,
    answers: { 200: ["The file and its parts.", ArtifactUpload] },
    refusals: ["ARTIFACT_NOT_FOUND"],
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    const upload = presentUpload(await readUpload(c.env.DB, id, artifact_id), c.var.now);
    return c.json(upload, 200, upload.check?.state === "running" ? CHECK_AGAIN : {});
  },
);

artifacts.openapi(
  operation("delete", "/v1/admin/releases/{id}/artifacts/{artifact_id}", {
    tag: "Admin: files",
    summary: "Remove a file from a draft",
    description: "Deletes its bytes. `CONFLICT`: the release is no longer a draft.",
    access: releaseAdmin("releases:write"),
    params: ArtifactParams,
    answers: { 204: ["Deleted."] },
    refusals: ["ARTIFACT_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    await removeArtifact(c.env, adminActor(c), id, artifact_id);
    return c.body(null, 204);
  },
);
