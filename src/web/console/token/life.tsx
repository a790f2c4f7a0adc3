import { allows, SCOPES } from "../../../platform/config/scopes.ts";
import {
  countDependents,
  endAdminToken,
  keepAdminToken,
  readManagedToken,
  renewAdminToken,
  renewedToken,
} from "../../../platform/identity/token-acts.ts";
import { CheckField, formatDateTime, sentences } from "../../page/kit.ts";
import {
  actRoutes,
  adminActor,
  BRAKED,
  brake,
  type Entered,
  goTo,
  LastDayToCome,
  lastDayField,
  Reason,
  ReasonForm,
  reasonField,
  z,
} from "../kit.ts";
import { granted, LIST, scopeFields, secretPage } from "./form.tsx";
import { dependentsInWords, previewRevocation, readRevocable } from "./preview.ts";

const params = z.object({
  id: z.string().openapi({ description: "The token, by its id.", example: "adm_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

const RenewalForm = z
  .object({ reason: Reason, until: LastDayToCome, ...granted })
  .transform(({ reason, until, ...given }) => {
    return { reason, scopes: SCOPES.filter((scope) => given[scope] === "yes"), expires_at: until };
  })
  .refine(({ scopes }) => scopes.length > 0, { path: ["scopes"], message: "Please choose at least one scope." });

export const tokenRenew = actRoutes("/admin/tokens/{id}/renew", {
  scope: "tokens:write",
  params,
  does: "renew an admin token",
  example: { reason: "narrower scopes", "releases:write": "yes", until: "" },
  description: "Each scope that it keeps is a field with the value `yes`.",
  answers: {
    200: "The preview; then the new secret, once.",
    403: "The form again: a renewal adds nothing.",
    409: "The form again: the token has ended, or it is the last valid owner token.",
    429: BRAKED,
  },
  missing: ["NOT_FOUND"],
  schema: RenewalForm,
  actOf: async (c, { id }) => {
    const admin = adminActor(c);
    const token = await readManagedToken(c.env.DB, admin, id);
    return {
      title: "Renew this token",
      about: `${token.name} · ${token.scopes.join(", ")}`,
      button: "Renew it",
      dangerous: true,
      back: LIST,
      fields: (entered) => (
        <>
          {scopeFields(
            entered,
            SCOPES.filter((scope) => token.scopes.includes(scope)),
            // Before the form is sent: the scopes by their names, without those that were split off.
            (scope) => entered(scope).value === "yes" || (!isSent(entered) && token.granted.includes(scope)),
          )}
          {lastDayField(entered, "Leave empty for no end.")}
          {reasonField(entered)}
        </>
      ),
      preview: async (wanted) => {
        renewedToken(admin, token, wanted);
        const lost = token.scopes.filter((scope) => !allows(wanted.scopes, scope));
        return sentences(
          "It gets a new secret, which is shown to you once. The old secret is refused at once, and its sessions end.",
          `It may: ${wanted.scopes.join(", ")}.`,
          lost.length > 0 && `It may no longer: ${lost.join(", ")}.`,
          `It works ${wanted.expires_at === null ? "without an end" : `until ${formatDateTime(wanted.expires_at)}`}.`,
          dependentsInWords(await countDependents(c.env.DB, id, admin.now)),
          admin.token !== null &&
            admin.token.id !== id &&
            "From now on it ends with your own token, unless an owner keeps it.",
        );
      },
      carryOut: async ({ reason, ...wanted }) => {
        await brake(c, "renew-token");
        const { token: secret, record } = await renewAdminToken(c.env.DB, admin, id, wanted, reason);
        return secretPage(c, "The token is renewed", secret, record.name);
      },
    };
  },
});

/** Whether a form was sent: then a missing check field means no. */
const isSent = (entered: Entered): boolean => entered("reason").value !== undefined;

export const tokenKeep = actRoutes("/admin/tokens/{id}/keep", {
  scope: "owner",
  params,
  does: "keep an admin token",
  example: { reason: "the release pipeline outlives its maker" },
  answers: { 409: "The form again: the token has ended." },
  leadsTo: "The list of tokens.",
  missing: ["NOT_FOUND"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const admin = adminActor(c);
    const token = await readManagedToken(c.env.DB, admin, id);
    return {
      title: "Keep this token",
      about: `${token.name} · ${token.scopes.join(", ")}`,
      button: "Keep it",
      back: LIST,
      preview: () => [
        token.parent_id === null
          ? "Nothing changes: it ends with no other token."
          : `It no longer ends with ${token.parent_id}, which made it. Revoke it by itself when nobody needs it.`,
      ],
      carryOut: async ({ reason }) => {
        await keepAdminToken(c.env.DB, admin, id, reason);
        return goTo(c, LIST, { done: "keep" });
      },
    };
  },
});

export const tokenRevoke = actRoutes("/admin/tokens/{id}/revoke", {
  scope: "tokens:write",
  params,
  does: "revoke an admin token",
  example: { reason: "its owner has left" },
  answers: { 409: "The form again: it is the last valid owner token." },
  leadsTo: "The list of tokens.",
  missing: ["NOT_FOUND"],
  schema: z.object({ reason: Reason, keep_children: z.literal("yes").optional() }),
  actOf: async (c, { id }) => {
    const admin = adminActor(c);
    const revocable = await readRevocable(c.env.DB, admin, id);
    const { token, dependents } = revocable;
    return {
      title: "Revoke this token",
      about: `${token.name} · ${token.scopes.join(", ")}`,
      button: "Revoke it",
      dangerous: true,
      back: LIST,
      fields: (entered) => (
        <>
          {dependents > 0 && admin.scopes.includes("owner") ? (
            <CheckField name="keep_children" checked={entered("keep_children").value === "yes"}>
              Keep the tokens that it made itself
            </CheckField>
          ) : null}
          {reasonField(entered)}
        </>
      ),
      preview: ({ keep_children }) => previewRevocation(revocable, admin, { keepChildren: keep_children === "yes" }),
      carryOut: async ({ reason, keep_children }) => {
        await endAdminToken(c.env.DB, admin, id, { reason, keepChildren: keep_children === "yes" });
        return goTo(c, LIST, { done: "revoke" });
      },
    };
  },
});
