import type { Context } from "hono";
import * as z from "zod";
import { err, ok, type Result } from "../../../lib/result.ts";
import { currentTime, END_OF_TIME, fromRfc3339 } from "../../../lib/time.ts";
import { CSRF_FIELD } from "../../../platform/identity/session/form.ts";
import { type Child, Field, TextField } from "../../page/kit.ts";

/** What a form sent, by field: the text as it was entered. Files are left out, and so is what proves the session. */
export type SentForm = Readonly<Record<string, string>>;

/** What is wrong with a form, by field, in words for who filled it in. */
export type FieldErrors = Readonly<Record<string, string>>;

/** The fields of a request's form: behind a middleware or a schema that has refused what is no form. */
export async function sentForm(c: Context): Promise<SentForm> {
  const form = await c.req.formData();
  const texts = [...form].filter((field): field is [string, string] => typeof field[1] === "string");
  return Object.fromEntries(texts.filter(([name]) => name !== CSRF_FIELD));
}

/** What a form means by `schema`, or what is wrong with each of its fields: the first fault of each. */
export function readForm<Output>(schema: z.ZodType<Output>, sent: SentForm): Result<Output, FieldErrors> {
  const parsed = schema.safeParse(sent);
  if (parsed.success) return ok(parsed.data);
  const errors: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) errors[String(path[0] ?? "form")] ??= message;
  return err(errors);
}

/** Why something is done: it stays in the audit trail for good. */
export const Reason = z
  .string({ error: "Please say why." })
  .trim()
  .min(1, "Please say why: whoever looks at this later must be able to understand it.")
  .max(500, "Please be brief: 500 characters at most.");

/** Props of a form's field by its name: the value that was entered, and its fault. */
export type Entered = (name: string) => { name: string; value: string | undefined; error: string | undefined };

/** The field for the reason of an act. */
export const reasonField = (entered: Entered): Child => (
  <TextField
    {...entered("reason")}
    label="Reason"
    hint="Kept in the audit trail for good. No names or addresses, please."
    maxlength={500}
    required
  />
);

/**
 * A day as a date field sends it (`2027-11-23`), as the last second of it in UTC: who is granted a day has all of it. Empty: null.
 */
export const LastDay = z
  .union([z.literal(""), z.iso.date("A date, as 2027-11-23.")])
  .default("")
  .transform((day) => (day === "" ? null : Math.min(fromRfc3339(`${day}T23:59:59Z`), END_OF_TIME)));

/** `LastDay`, which must not have passed. */
export const LastDayToCome = LastDay.refine((at) => at === null || at > currentTime(), "It must lie in the future.");

/** The form of an act that asks only for a reason: `schema` and `fields` of a `TwoStepAct`. */
export const ONLY_REASON = { schema: z.object({ reason: Reason }), fields: reasonField };

/** The field of a `LastDay`. */
export const lastDayField = (entered: Entered, hint: string, label = "Last day"): Child => (
  <Field {...entered("until")} label={label} hint={`It ends with that day, in UTC.${hint}`} type="date" />
);
