import type { Context } from "hono";
import type * as z from "zod";
import { err, ok, type Result } from "../../lib/result.ts";
import { CSRF_FIELD } from "../../platform/identity/session/form.ts";

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
