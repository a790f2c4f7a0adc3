import {
  Entitlement,
  MOST_MACHINES_OF_A_LICENSE,
  Note,
  VersionRange,
} from "../../../domain/licensing/routes/admin/fields.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { CheckField, type Child, Field, TextField } from "../../page/kit.ts";
import { type Entered, LastDay, LastDayToCome, lastDayField, z } from "../kit.ts";

const MACHINES = `A whole number of machines, 1 to ${MOST_MACHINES_OF_A_LICENSE}.`;

const Ticked = z.literal("yes").optional();

/** A text that is empty, or that `schema` accepts. */
export const emptyOr = (schema: z.ZodType, fault: string) =>
  z
    .string()
    .trim()
    .default("")
    .refine((text) => text === "" || schema.safeParse(text).success, fault);

/** The form fields of a license's rights. Each may be empty: then the plan decides, or the license keeps its value. */
export const RIGHTS = {
  machine_limit: z
    .string()
    .trim()
    .regex(/^(\d{1,6})?$/, MACHINES)
    .default("")
    .transform((text) => (text === "" ? undefined : Number(text)))
    .refine((count) => count === undefined || (count >= 1 && count <= MOST_MACHINES_OF_A_LICENSE), MACHINES),
  until: LastDayToCome,
  endless: Ticked,
  versions: emptyOr(VersionRange, "Enter a range of versions, such as <3.0.0."),
  entitlements: z
    .string()
    .default("")
    .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ""))
    .pipe(z.array(Entitlement).max(50)),
  updates: LastDay,
  every_update: Ticked,
  note: z
    .string()
    .transform((text) => text.replaceAll("\r\n", "\n").trim())
    .pipe(Note)
    .optional(),
};

type Rights = z.output<z.ZodObject<typeof RIGHTS>>;

/** The rights that a form names, in the fields of the API. An empty note means something else in each form. */
export const rightsOf = ({ machine_limit, until, endless, versions, entitlements, updates, every_update }: Rights) => ({
  ...(machine_limit !== undefined && { machine_limit }),
  ...limitOr(until, endless, "expires_at"),
  ...(versions !== "" && { versions }),
  ...(entitlements.length > 0 && { entitlements }),
  ...limitOr(updates, every_update, "updates_until"),
});

const limitOr = <Name extends string>(at: UnixSeconds | null, isEndless: "yes" | undefined, name: Name) =>
  (isEndless === "yes" ? { [name]: null } : at === null ? {} : { [name]: at }) as { [_ in Name]?: UnixSeconds | null };

/** A form may name either a day or no limit. The faults by field. */
export const checkLimits = ({ until, endless, updates, every_update }: Rights, context: z.RefinementCtx): void => {
  const refuse = (path: string) =>
    context.addIssue({ code: "custom", path: [path], message: "Enter either a day or no limit." });
  if (until !== null && endless === "yes") refuse("until");
  if (updates !== null && every_update === "yes") refuse("updates");
};

/** The hint of each field: the value that an empty one stands for. */
type Hints = Record<"machine_limit" | "until" | "versions" | "entitlements" | "updates" | "note", string>;

/** The fields of `RIGHTS`. `note`: the text in the field before anything was entered. */
export const rightsFields = (entered: Entered, hints: Hints, note = ""): Child => (
  <>
    <Field {...entered("machine_limit")} label="Machines" hint={hints.machine_limit} inputmode="numeric" />
    {lastDayField(entered, hints.until)}
    <CheckField name="endless" checked={entered("endless").value === "yes"}>
      No end
    </CheckField>
    <Field {...entered("versions")} label="Versions" hint={hints.versions} autocomplete="off" spellcheck={false} />
    <TextField {...entered("entitlements")} label="Workers" hint={hints.entitlements} rows={2} />
    <Field {...entered("updates")} label="Updates until" hint={hints.updates} type="date" />
    <CheckField name="every_update" checked={entered("every_update").value === "yes"}>
      Every update
    </CheckField>
    <TextField
      {...entered("note")}
      value={entered("note").value ?? note}
      label="Note"
      hint={hints.note}
      maxlength={1000}
    />
  </>
);
