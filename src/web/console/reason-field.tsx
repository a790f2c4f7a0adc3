import * as z from "zod";
import { type Child, TextField } from "../page/kit.ts";
import type { FieldErrors, SentForm } from "./sent-form.ts";

/** Why something is done: it stays in the audit trail for good. */
export const Reason = z
  .string({ error: "Please say why." })
  .trim()
  .min(1, "Please say why: whoever looks at this later must be able to understand it.")
  .max(500, "Please be brief: 500 characters at most.");

/** The form of an act that asks for nothing else. */
export const ReasonForm = z.object({ reason: Reason });

/** The field for the reason of an act. */
export const reasonField = (sent: SentForm, errors: FieldErrors): Child => (
  <TextField
    name="reason"
    label="Reason"
    hint="Kept in the audit trail for good. No names or addresses, please."
    value={sent["reason"] ?? ""}
    error={errors["reason"]}
    maxlength={500}
    required
  />
);
