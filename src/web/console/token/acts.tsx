import { allows, SCOPES } from "../../../platform/config/scopes.ts";
import { checkWantedToken, makeAdminToken } from "../../../platform/identity/token-acts.ts";
import { Field, formatDateTime } from "../../page/kit.ts";
import { actRoutes, adminActor, BRAKED, brake, LastDayToCome, lastDayField, z } from "../kit.ts";
import { granted, LIST, SCOPE_WORDS, scopeFields, secretPage, WORKERS_HINT, WorkerList } from "./form.tsx";

const NAME_HINT = "Shown in the token list and the audit trail.";

const TokenForm = z
  .object({
    name: z.string().trim().min(1, "Please enter a name.").max(100, "100 characters at most."),
    until: LastDayToCome,
    workers: WorkerList,
    ...granted,
  })
  .transform(({ name, until, workers, ...given }) => {
    return { name, scopes: SCOPES.filter((scope) => given[scope] === "yes"), workers, expires_at: until };
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
    409: "The form again: too many tokens were made by one another.",
    429: BRAKED,
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
          {scopeFields(
            entered,
            SCOPES.filter((scope) => allows(admin.scopes, scope)),
            (scope) => entered(scope).value === "yes",
          )}
          <Field {...entered("workers")} label="Only for workers" hint={WORKERS_HINT} />
          {lastDayField(entered, "Leave empty for no end.")}
        </>
      ),
      preview: (wanted) => {
        checkWantedToken(admin, wanted);
        return [
          `“${wanted.name}” works at once, ${wanted.expires_at === null ? "without an end" : `until ${formatDateTime(wanted.expires_at)}`}.`,
          ...wanted.scopes.map((scope) => `It may: ${SCOPE_WORDS[scope].toLowerCase()} (${scope}).`),
          ...(wanted.workers === null
            ? []
            : [`It sees and changes the releases of ${wanted.workers.join(", ")} alone.`]),
          ...(admin.token === null ? [] : ["It ends with your own token, unless an owner keeps it."]),
          "The token is shown to you once. We store no copy.",
        ];
      },
      // Two clicks create two tokens; an admin can revoke the one that was not shown.
      carryOut: async (wanted) => {
        await brake(c, "create-token");
        const { token, record } = await makeAdminToken(c.env.DB, admin, wanted);
        return secretPage(c, "The token is created", token, record.name);
      },
    };
  },
});
