import { operation } from "../../../platform/http/route.ts";
import { adminActor, createAdminRouter } from "../../../platform/identity/authentication.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { releaseAdmin } from "../access.ts";
import { signaturePolicy } from "../artifact/check.ts";
import { ReleaseParams, SentSourceField } from "../fields.ts";
import { attachSource } from "../source/store.ts";
import { presentRelease, ReleaseAnswer } from "../view.ts";

/** `PUT /v1/admin/releases/{id}/source`. */
export const sourceAttach = createAdminRouter();

sourceAttach.openapi(
  operation("put", "/v1/admin/releases/{id}/source", {
    tag: "Admin: releases",
    summary: "Attach the signed source to a release",
    description:
      "The tag and commit that the recipe of a free worker builds, with the release key's signature of the source statement. " +
      "`VALIDATION_FAILED` names the wrong field. A draft's source may be replaced. A published release may still gain one, and " +
      "then keeps it (`CONFLICT`). Idempotent.",
    access: releaseAdmin("releases:write"),
    params: ReleaseParams,
    body: SentSourceField,
    answers: { 200: ["The release.", ReleaseAnswer] },
    refusals: ["VERSION_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const policy = signaturePolicy(c.var.config);
    const { id } = c.req.valid("param");
    const { row, changes } = await attachSource(c.env.DB, adminActor(c), id, c.req.valid("json"), policy);
    await settle(c, changes);
    return c.json({ release: presentRelease(row) }, 200);
  },
);
