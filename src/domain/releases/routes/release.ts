import { operation, Problem, z } from "../../../platform/http/route.ts";
import { NextCursor, optionalChoice, PageQuery, page, unlessEmpty } from "../../../platform/http/schemas.ts";
import { adminActor, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { requireWorkerOf } from "../../../platform/identity/worker-limit.ts";
import { findWorker, requireWorker } from "../../workers/workers.ts";
import { releaseAdmin } from "../access.ts";
import { createRelease, deleteDraft, wasDeleted } from "../act.ts";
import { signaturePolicy } from "../artifact/check.ts";
import { RELEASE_STATUSES } from "../decision.ts";
import { ChannelName, ReleaseParams, SentSourceField, SourceTag, Version } from "../fields.ts";
import { readSource } from "../source/decision.ts";
import { listAllReleases, readRelease } from "../store.ts";
import { defaultChannel, mayBeIn, parseVersion } from "../version.ts";
import { presentRelease, ReleaseAnswer, ReleaseSchema } from "../view.ts";

const NewRelease = z
  .object({
    worker_id: z
      .string()
      .openapi({ description: "The worker's id or variant.", example: "llm-worker-rbee-premium-cuda" }),
    version: Version,
    channel: ChannelName.optional().openapi({
      description: "Default: `stable` for a final version; for a prerelease the channel that it names, else `alpha`.",
    }),
    notes: z.string().max(10_000).nullish().openapi({ example: "Faster prompt processing." }),
    source_tag: SourceTag.nullish(),
    source: SentSourceField.nullish(),
  })
  .strict()
  .superRefine(({ version, channel }, context) => {
    if (channel === undefined || !parseVersion(version).ok || mayBeIn(version, channel)) return;
    context.addIssue({ code: "custom", path: ["channel"], message: "A prerelease never reaches stable." });
  })
  .openapi("NewRelease");

/** Draft, list, read and delete releases. */
export const releases = createAdminRouter();

releases.openapi(
  operation("post", "/v1/admin/releases", {
    tag: "Admin: releases",
    summary: "Draft a release",
    description:
      "Nobody is offered a draft. Add its files, then publish it. `source_tag` names a tag whose commit is signed later, `source` " +
      "the signed commit as well. `CONFLICT`: the worker has this version already. The detail names that release.",
    access: releaseAdmin("releases:write"),
    body: NewRelease,
    answers: { 201: ["The draft.", ReleaseAnswer] },
    refusals: ["WORKER_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { worker_id, version, channel = defaultChannel(version), notes, ...sent } = c.req.valid("json");
    // Workers are public, so an unknown one may be told before the limit.
    const worker = requireWorker(worker_id);
    requireWorkerOf(c.var.admin, worker.id);
    const source = await readSource(worker, version, sent, signaturePolicy(c.var.config));
    if (!source.ok) throw new Problem(source.error);
    const draft = { worker_id: worker.id, version, channel, notes: notes ?? null, ...source.value };
    const release = await createRelease(c.env.DB, adminActor(c), draft);
    return c.json({ release: presentRelease(release) }, 201);
  },
);

const ReleaseQuery = PageQuery.extend({
  worker_id: unlessEmpty(z.string().optional()).openapi({
    param: { description: "Only releases of this worker." },
    type: "string",
    example: "llm-worker-rbee-premium-cuda",
  }),
  status: optionalChoice(RELEASE_STATUSES).openapi({ param: { description: "Only releases with this status." } }),
});

const ReleaseList = z.object({ releases: z.array(ReleaseSchema), next_cursor: NextCursor }).openapi("ReleaseList");

releases.openapi(
  operation("get", "/v1/admin/releases", {
    tag: "Admin: releases",
    summary: "List releases",
    description:
      "Newest first, including drafts, yanked and blocked releases. A token that is limited to some workers sees theirs.",
    access: releaseAdmin("releases:read"),
    query: ReleaseQuery,
    answers: { 200: ["One page.", ReleaseList] },
    refusals: ["VALIDATION_FAILED"],
  }),
  async (c) => {
    const { worker_id, status, limit, cursor } = c.req.valid("query");
    const worker = worker_id && (findWorker(worker_id)?.id ?? worker_id);
    if (worker !== undefined) requireWorkerOf(c.var.admin, worker);
    const rows = await listAllReleases(c.env.DB, {
      worker_id: worker,
      workers: c.var.admin.workers,
      status,
      limit: limit + 1,
      before: cursor,
    });
    const { items, next_cursor } = page(rows, limit, ({ id }) => id);
    return c.json({ releases: items.map(presentRelease), next_cursor }, 200);
  },
);

releases.openapi(
  operation("get", "/v1/admin/releases/{id}", {
    tag: "Admin: releases",
    summary: "Read a release",
    description: "Including its files, ready or not.",
    access: releaseAdmin("releases:read"),
    params: ReleaseParams,
    answers: { 200: ["The release.", ReleaseAnswer] },
    refusals: ["VERSION_NOT_FOUND"],
  }),
  async (c) => c.json({ release: presentRelease(await readRelease(c.env.DB, c.req.valid("param").id)) }, 200),
);

releases.openapi(
  operation("delete", "/v1/admin/releases/{id}", {
    tag: "Admin: releases",
    summary: "Delete a draft",
    description:
      "Deletes its files as well, finished or not. Its version is free again. Idempotent. `CONFLICT`: the release has been published. " +
      "Yank or block it instead.",
    access: releaseAdmin("releases:write"),
    params: ReleaseParams,
    answers: { 204: ["Deleted."] },
    refusals: ["VERSION_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { id } = c.req.valid("param");
    try {
      await deleteDraft(c.env, adminActor(c), id, null);
    } catch (error) {
      const isGone = error instanceof Problem && error.code === "VERSION_NOT_FOUND";
      if (!isGone || !(await wasDeleted(c.env.DB, id))) throw error;
    }
    return c.body(null, 204);
  },
);
