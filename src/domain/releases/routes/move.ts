import { BODY_PROBLEMS, createRoute, jsonBodyLimit, optionalBody, problems, z } from "../../../platform/http/route.ts";
import { brake } from "../../../platform/identity/act-volume.ts";
import { ADMIN_PROBLEMS, adminActor, createAdminRouter, Reason } from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { releaseAccess } from "../access.ts";
import { moveRelease } from "../act.ts";
import { MOVE_SCOPES, RELEASE_ACTIONS } from "../decision.ts";
import { LastChange, ReleaseParams } from "../fields.ts";
import { manifestFromLedger } from "../manifest-publication.ts";
import { OfferSchema, type OffersOf } from "../offer.ts";
import type { PackageFormat } from "../package-format.ts";
import { publicationRules } from "../publication.ts";
import { presentRelease, ReleaseAnswer } from "../view.ts";

const Body = z
  .object({
    reason: Reason.nullish().openapi({ example: "crashes on start with driver 560" }),
    if_last_change: LastChange.nullish().openapi({
      description: "Only if this is still the release's `last_change`; else `CONFLICT`.",
    }),
  })
  .strict()
  .openapi("OptionalReason");

const OPERATIONS = {
  publish: {
    summary: "Publish a draft",
    description:
      "Offers the release. Its files never change afterwards. `CONFLICT`: a file is not uploaded and checked yet, or its signature, " +
      "the package or the source does not keep to the rules of today.",
  },
  yank: {
    summary: "Yank a release",
    description: "Removes the release from lists and from `latest`. A request for exactly this version still works.",
  },
  unyank: { summary: "Undo a yank", description: "Lists the release again." },
  block: {
    summary: "Block a release",
    description:
      "For security and takedowns: refuses its files to everyone, for good. An owner may free the version for a new build.",
  },
} as const;

const MoveAnswer = ReleaseAnswer.extend({
  offers: z.array(OfferSchema).openapi({
    description:
      "The stable version of the worker that each place offers from now on. A release without a file for a place leaves the older " +
      "version there.",
  }),
}).openapi("ReleaseMoveAnswer");

/** `POST /v1/admin/releases/{id}/{publish|yank|unyank|block}`. Each can be repeated. */
export function moveRoutes(
  formats: readonly PackageFormat[],
  offersOf: OffersOf,
): ReturnType<typeof createAdminRouter> {
  const releaseMove = createAdminRouter();
  for (const action of RELEASE_ACTIONS) {
    const { summary, description } = OPERATIONS[action];
    releaseMove.openapi(
      createRoute({
        ...releaseAccess(MOVE_SCOPES[action], jsonBodyLimit, optionalBody),
        method: "post",
        path: `/v1/admin/releases/{id}/${action}`,
        tags: ["Admin: releases"],
        summary,
        description: `${description} Idempotent.`,
        request: {
          params: ReleaseParams,
          body: { required: false, content: { "application/json": { schema: Body } } },
        },
        responses: {
          200: { description: "The release.", content: { "application/json": { schema: MoveAnswer } } },
          ...problems(...ADMIN_PROBLEMS, ...BODY_PROBLEMS, "VERSION_NOT_FOUND", "CONFLICT"),
        },
      }),
      async (c) => {
        const { reason = null, if_last_change: lastChange = null } = c.req.valid("json");
        const { id } = c.req.valid("param");
        if (action === "yank" || action === "block") await brake(c, action);
        const rules = publicationRules(c.var.config, formats);
        const { row, changes } = await moveRelease(c.env.DB, adminActor(c), id, action, reason, rules, lastChange);
        await settle(c, changes);
        const manifest = await manifestFromLedger(c.env.DB, row.worker_id, c.var.now);
        const offers = offersOf(row.worker_id, manifest, c.var.config);
        return c.json({ release: presentRelease(row), offers }, 200);
      },
    );
  }
  return releaseMove;
}
