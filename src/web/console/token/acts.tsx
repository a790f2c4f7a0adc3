import { allows, SCOPES, type Scope } from "../../../platform/config/scopes.ts";
import {
  checkWantedToken,
  endAdminToken,
  makeAdminToken,
  readManagedToken,
} from "../../../platform/identity/token-acts.ts";
import { CheckField, CopyBlock, Field, formatDateTime, sentences } from "../../page/kit.ts";
import { actRoutes, adminActor, goTo, LastDayToCome, lastDayField, ReasonForm, resultPage, z } from "../kit.ts";

const LIST = "/admin/tokens";
const NAME_HINT = "The list of tokens and the audit trail show it. Say what the token is for.";

/** Each scope in words. */
const SCOPE_WORDS: Record<Scope, string> = {
  owner: "Everything, including creating owners",
  "licenses:read": "See licenses",
  "licenses:write": "Suspend, revoke, reinstate and extend licenses, and replace keys by mail",
  "licenses:issue": "Issue licenses, and see new keys",
  "money:refund": "Refund payments",
  "releases:read": "See releases",
  "releases:write": "Upload and publish releases",
  "releases:withdraw": "Yank and block releases",
  "audit:read": "Read the audit trail",
  "stats:read": "See statistics and health",
  "tokens:write": "Create and revoke tokens",
};

const granted = Object.fromEntries(SCOPES.map((scope) => [scope, z.literal("yes").optional()])) as Record<
  Scope,
  z.ZodOptional<z.ZodLiteral<"yes">>
>;

const TokenForm = z
  .object({
    name: z.string().trim().min(1, "Please enter a name.").max(100, "100 characters at most."),
    until: LastDayToCome,
    ...granted,
  })
  .transform(({ name, until, ...given }) => {
    return { name, scopes: SCOPES.filter((scope) => given[scope] === "yes"), expires_at: until };
  })
  .refine(({ scopes }) => scopes.length > 0, { path: ["scopes"], message: "Please choose at least one scope." });

export const tokenCreate = actRoutes("/admin/tokens/new", {
  scope: "tokens:write",
  does: "create an admin token",
  example: { name: "release pipeline", "releases:write": "yes", until: "2027-11-23" },
  description: "Each scope is a field with the value `yes`.",
  answers: {
    200: "The preview; then the token, once.",
    403: "The form again: a token cannot have more rights than its creator.",
  },
  schema: TokenForm,
  actOf: (c) => {
    const admin = adminActor(c);
    return {
      title: "Create an admin token",
      about: "For a person to sign in with, or for a program. Give it no more than it needs.",
      button: "Create it",
      back: LIST,
      fields: (entered) => (
        <>
          <Field {...entered("name")} label="Name" hint={NAME_HINT} maxlength={100} required />
          <fieldset>
            <legend>It may</legend>
            {SCOPES.filter((scope) => allows(admin.scopes, scope)).map((scope) => (
              <CheckField name={scope} checked={entered(scope).value === "yes"}>
                {SCOPE_WORDS[scope]} <code>{scope}</code>
              </CheckField>
            ))}
            {entered("scopes").error === undefined ? null : (
              <p class="error" role="alert">
                {entered("scopes").error}
              </p>
            )}
          </fieldset>
          {lastDayField(entered, "Leave it empty for no end.")}
        </>
      ),
      preview: (wanted) => {
        checkWantedToken(admin, wanted);
        return [
          `“${wanted.name}” works at once, ${wanted.expires_at === null ? "without an end" : `until ${formatDateTime(wanted.expires_at)}`}.`,
          ...wanted.scopes.map((scope) => `It may: ${SCOPE_WORDS[scope].toLowerCase()} (${scope}).`),
          "The token is shown to you once. We store no copy.",
        ];
      },
      // Two clicks create two tokens; an admin can revoke the one that was not shown.
      carryOut: async (wanted) => {
        const { token, record } = await makeAdminToken(c.env.DB, admin, wanted);
        return resultPage(c, {
          title: "The token is created",
          result: (
            <>
              <CopyBlock id="admin-token" what="the token">
                {token}
              </CopyBlock>
              <p>{`It is shown only once: keep it like a password. You can revoke it in the list of tokens, as “${record.name}”.`}</p>
            </>
          ),
          link: { href: LIST, text: "Show the tokens" },
        });
      },
    };
  },
});

export const tokenRevoke = actRoutes("/admin/tokens/{id}/revoke", {
  scope: "tokens:write",
  params: z.object({
    id: z.string().openapi({ description: "The token, by its id.", example: "adm_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
  }),
  does: "revoke an admin token",
  example: { reason: "its owner has left" },
  answers: { 409: "The form again: it is the last valid owner token." },
  leadsTo: "The list of tokens.",
  missing: ["NOT_FOUND"],
  schema: ReasonForm,
  actOf: async (c, { id }) => {
    const admin = adminActor(c);
    const token = await readManagedToken(c.env.DB, admin, id);
    const isOwn = admin.actor === `token:${id}`;
    return {
      title: "Revoke this token",
      about: `${token.name} · ${token.scopes.join(", ")}`,
      button: "Revoke it",
      dangerous: true,
      back: LIST,
      preview: () =>
        token.revoked_at === null
          ? sentences(
              "The API, the command line and the console refuse it at once.",
              "Its sessions end.",
              isOwn && "You are signed in with this token, so you are signed out.",
              "This cannot be undone. You can create another token.",
            )
          : ["Nothing changes: the token is revoked already."],
      carryOut: async ({ reason }) => {
        await endAdminToken(c.env.DB, admin, id, { reason });
        return goTo(c, LIST, { done: "revoke" });
      },
    };
  },
});
