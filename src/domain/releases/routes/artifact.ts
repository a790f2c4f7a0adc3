import { BODY_PROBLEMS, createRoute, limitBody, problems, z } from "../../../platform/http/route.ts";
import {
  ADMIN_PROBLEMS,
  adminAccess,
  adminActor,
  createAdminRouter,
} from "../../../platform/identity/authentication.ts";
import { readUpload } from "../artifact/store.ts";
import { declareArtifact, removeArtifact } from "../artifact/upload.ts";
import {
  ArtifactParams,
  Filename,
  PackageContentsSchema,
  PgpSignature,
  PlatformName,
  ReleaseParams,
  Sha256,
  SignatureText,
  Size,
} from "../fields.ts";
import { ArtifactUpload, presentUpload } from "../view.ts";

/** A package's file list may be long: room for as many paths as one may have, of a hundred bytes each. */
const MAX_BYTES = 512 * 1024;

const NewArtifact = z
  .object({
    platform: PlatformName,
    filename: Filename,
    size: Size,
    sha256: Sha256,
    signature: SignatureText.nullish(),
    pgp_signature: PgpSignature.nullish(),
    package: PackageContentsSchema.nullish(),
  })
  .strict()
  .openapi("NewArtifact");

const content = { "application/json": { schema: ArtifactUpload } };

/** Declare, read and remove the files of a draft. */
export const artifacts = createAdminRouter();

artifacts.openapi(
  createRoute({
    ...adminAccess("releases:write", limitBody(MAX_BYTES)),
    method: "post",
    path: "/v1/admin/releases/{id}/artifacts",
    tags: ["Admin: releases"],
    summary: "Add a file to a draft",
    description:
      "Declares what the file will be and opens its upload. The same file again is answered with 200 and how far its upload " +
      "is. A `*.pkg.tar.{gz,xz,zst}` is a pacman package: it must be of this worker, version and platform, and a release may " +
      "have one beside the binary of a platform. `CONFLICT`: the release is no draft, or has another file there or of the name.",
    request: {
      params: ReleaseParams,
      body: { required: true, content: { "application/json": { schema: NewArtifact } } },
    },
    responses: {
      201: { description: "The file and how to cut it into parts.", content },
      200: { description: "It was there already.", content },
      ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS, "VERSION_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { signature = null, pgp_signature = null, package: contents = null, ...facts } = c.req.valid("json");
    const file = { ...facts, signature, pgp_signature, package: contents };
    const { id } = c.req.valid("param");
    const { artifact, created } = await declareArtifact(c.env, adminActor(c), id, file);
    return c.json(presentUpload(await readUpload(c.env.DB, id, artifact.id)), created ? 201 : 200);
  },
);

artifacts.openapi(
  createRoute({
    ...adminAccess("releases:read"),
    method: "get",
    path: "/v1/admin/releases/{id}/artifacts/{artifact_id}",
    tags: ["Admin: releases"],
    summary: "Read how far an upload is",
    description: "Which parts have arrived: an upload that was cut off goes on with the others.",
    request: { params: ArtifactParams },
    responses: {
      200: { description: "The file and its parts.", content: { "application/json": { schema: ArtifactUpload } } },
      ...problems(...ADMIN_PROBLEMS, "ARTIFACT_NOT_FOUND"),
    },
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    return c.json(presentUpload(await readUpload(c.env.DB, id, artifact_id)), 200);
  },
);

artifacts.openapi(
  createRoute({
    ...adminAccess("releases:write"),
    method: "delete",
    path: "/v1/admin/releases/{id}/artifacts/{artifact_id}",
    tags: ["Admin: releases"],
    summary: "Remove a file from a draft",
    description: "Its bytes are deleted. `CONFLICT`: the release is no draft any more.",
    request: { params: ArtifactParams },
    responses: {
      204: { description: "It is gone." },
      ...problems(...ADMIN_PROBLEMS, "ARTIFACT_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { id, artifact_id } = c.req.valid("param");
    await removeArtifact(c.env, adminActor(c), id, artifact_id);
    return c.body(null, 204);
  },
);
