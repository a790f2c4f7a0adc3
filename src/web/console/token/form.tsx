import { findWorker } from "../../../domain/workers/workers.ts";
import { SCOPES, type Scope } from "../../../platform/config/scopes.ts";
import { CheckField, type Child, CopyBlock } from "../../page/kit.ts";
import { type ConsoleContext, type Entered, resultPage, z } from "../kit.ts";

/** The address of the list of tokens. */
export const LIST = "/admin/tokens";

/** Each scope in words. */
export const SCOPE_WORDS: Record<Scope, string> = {
  owner: "Everything, including creating owners",
  "licenses:read": "See licenses",
  "licenses:write": "Suspend, revoke, reinstate and extend licenses, and replace keys by email",
  "licenses:issue": "Issue licenses, and see new keys",
  "money:refund": "Refund payments",
  "money:read": "See orders and revenue",
  "releases:read": "See releases",
  "releases:write": "Upload and publish releases",
  "releases:withdraw": "Yank and block releases",
  "audit:read": "Read the audit trail",
  "stats:read": "See statistics and health",
  "tokens:write": "Create and revoke tokens",
  "webhooks:write": "Add webhook endpoints and send events again",
};

/** A check field for each scope. */
export const granted = Object.fromEntries(SCOPES.map((scope) => [scope, z.literal("yes").optional()])) as Record<
  Scope,
  z.ZodOptional<z.ZodLiteral<"yes">>
>;

/** Worker ids, separated by commas or blanks; null if there are none. */
export const WorkerList = z
  .string()
  .default("")
  .transform((text) => text.split(/[\s,]+/).filter((id) => id !== ""))
  .refine((ids) => ids.every((id) => findWorker(id)?.id === id), "Please enter ids of workers of the catalog.")
  .transform((ids) => (ids.length === 0 ? null : [...new Set(ids)]));

/** The hint of the field for workers. */
export const WORKERS_HINT =
  "Ids of workers, separated by commas, to limit it to their releases. Leave it empty for all.";

/** The check fields of the scopes that an admin may grant out of `offered`. */
export const scopeFields = (entered: Entered, offered: readonly Scope[], checked: (scope: Scope) => boolean): Child => (
  <fieldset>
    <legend>Permissions</legend>
    {offered.map((scope) => (
      <CheckField name={scope} checked={checked(scope)}>
        {SCOPE_WORDS[scope]} <code>{scope}</code>
      </CheckField>
    ))}
    {entered("scopes").error === undefined ? null : (
      <p class="error" role="alert">
        {entered("scopes").error}
      </p>
    )}
  </fieldset>
);

/** Shows a new secret in the answer to its form. No address shows it. */
export const secretPage = (c: ConsoleContext, title: string, token: string, name: string): Promise<Response> =>
  resultPage(c, {
    title,
    result: (
      <>
        <CopyBlock id="admin-token" what="the token">
          {token}
        </CopyBlock>
        <p>{`It is shown only once. Treat it like a password. You can revoke it in the list of tokens, as “${name}”.`}</p>
      </>
    ),
    link: { href: LIST, text: "Show the tokens" },
  });
