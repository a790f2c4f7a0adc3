import type { Context } from "hono";
import * as z from "zod";
import { err, ok, type Result } from "../../../lib/result.ts";
import { currentTime, END_OF_TIME, fromRfc3339 } from "../../../lib/time.ts";
import { CSRF_FIELD } from "../../../platform/identity/session/session.ts";
import { type Child, Field, TextField } from "../../page/kit.ts";

/** The text fields of a sent form by name, without files and without the CSRF token. */
export type SentForm = Readonly<Record<string, string>>;

/** The faults of a form by field, in words for the admin. */
export type FieldErrors = Readonly<Record<string, string>>;

/** Reads the form of a request. A middleware or a schema must have checked its content type. */
export async function sentForm(c: Context): Promise<SentForm> {
  const form = await c.req.formData();
  const texts = [...form].filter((field): field is [string, string] => typeof field[1] === "string");
  return Object.fromEntries(texts.filter(([name]) => name !== CSRF_FIELD));
}

/** Parses a form. Error: the first fault of each field. */
export function readForm<Output>(schema: z.ZodType<Output>, sent: SentForm): Result<Output, FieldErrors> {
  const parsed = schema.safeParse(sent);
  if (parsed.success) return ok(parsed.data);
  const errors: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) errors[String(path[0] ?? "form")] ??= message;
  return err(errors);
}

/** The reason for an act. The audit trail keeps it forever. */
export const Reason = z
  .string({ error: "Please say why." })
  .trim()
  .min(1, "Please say why.")
  .max(500, "Please be brief: 500 characters at most.");

/** Props of a field by its name: the value that was entered, and its fault. */
export type Entered = (name: string) => { name: string; value: string | undefined; error: string | undefined };

const REASON_HINT = "The audit trail keeps it forever. Please write no names or addresses.";

/** The field for the reason of an act. */
export const reasonField = (entered: Entered): Child => (
  <TextField {...entered("reason")} label="Reason" hint={REASON_HINT} maxlength={500} required />
);

/** A day from a date field (`2027-11-23`) as its last second in UTC, so the whole day counts. Empty: null. */
export const LastDay = z
  .union([z.literal(""), z.iso.date("Please enter a date such as 2027-11-23.")])
  .default("")
  .transform((day) => (day === "" ? null : Math.min(fromRfc3339(`${day}T23:59:59Z`), END_OF_TIME)));

/** A `LastDay` in the future. */
export const LastDayToCome = LastDay.refine(
  (at) => at === null || at > currentTime(),
  "Please enter a day in the future.",
);

/** The form of an act that asks only for a reason. */
export const ReasonForm = z.object({ reason: Reason });

/** The field of a `LastDay`. */
export const lastDayField = (entered: Entered, hint: string, label = "Last day"): Child => (
  <Field {...entered("until")} label={label} hint={`It ends with that day, in UTC. ${hint}`.trim()} type="date" />
);
