import { BODY_PROBLEMS, createRoute, jsonBodyLimit, Problem, problems, z } from "../../../platform/http/route.ts";
import { ADMIN_PROBLEMS, adminAccess, adminActor } from "../../../platform/identity/authentication.ts";
import { createAdminRouter } from "../../../platform/identity/router.ts";
import { requireWorker } from "../../workers/workers.ts";
import { ChannelName, SourceTag, Version } from "../fields.ts";
import { createRelease } from "../store.ts";
import { presentRelease, ReleaseAnswer } from "../view.ts";
import { defaultChannel, mayBeIn, parseVersion } from "../version.ts";

const NewRelease = z
  .object({
    worker_id: z
      .string()
      .openapi({ description: "The worker's id or variant.", example: "llm-worker-rbee-premium-cuda" }),
    version: Version,
    channel: ChannelName.optional().openapi({
      description: "Unless given: `stable` for a final version, for a prerelease the one that it names, else `alpha`.",
    }),
    notes: z.string().max(10_000).nullish().openapi({ example: "Faster prompt processing." }),
    source_tag: SourceTag.nullish(),
  })
  .strict()
  .superRefine(({ version, channel }, context) => {
    if (channel === undefined || !parseVersion(version).ok || mayBeIn(version, channel)) return;
    context.addIssue({ code: "custom", path: ["channel"], message: "A prerelease never reaches stable." });
  })
  .openapi("NewRelease");

export const releaseCreate = createAdminRouter();

releaseCreate.openapi(
  createRoute({
    ...adminAccess("releases:write", jsonBodyLimit),
    method: "post",
    path: "/v1/admin/releases",
    tags: ["Admin: releases"],
    summary: "Draft a release",
    description:
      "Nobody is offered a draft. Add its files, then publish it. `CONFLICT`: the worker has this version already; the " +
      "detail names the release.",
    request: { body: { required: true, content: { "application/json": { schema: NewRelease } } } },
    responses: {
      201: { description: "The draft.", content: { "application/json": { schema: ReleaseAnswer } } },
      ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS, "WORKER_NOT_FOUND", "CONFLICT"),
    },
  }),
  async (c) => {
    const { worker_id, version, channel = defaultChannel(version), notes, source_tag = null } = c.req.valid("json");
    const worker = requireWorker(worker_id);
    if (source_tag !== null && worker.source.type !== "git") {
      const message = "Only for a worker that is built from git.";
      throw new Problem({
        code: "VALIDATION_FAILED",
        detail: `source_tag: ${message}`,
        extras: { errors: [{ path: "source_tag", message }] },
      });
    }
    const draft = { worker_id: worker.id, version, channel, notes: notes ?? null, source_tag };
    const release = await createRelease(c.env.DB, adminActor(c), draft);
    return c.json({ release: presentRelease(release) }, 201);
  },
);
