import { PLAN_IDS, type PlanId } from "../../domain/licensing/plans.ts";
import { foreignKeyForm } from "../../lib/foreign-key.ts";
import { MailAddress } from "../../lib/mail-address.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { toRfc3339, type UnixSeconds } from "../../lib/time.ts";
import type { ShopRow } from "./shops.ts";

/** A license as `POST /v1/admin/licenses/import` takes it. */
export type ImportRequest = {
  key: string;
  email: string;
  plan: PlanId;
  machine_limit?: number;
  expires_at?: string;
  note?: string;
};

/** The plan of a row: its own, that of its product, or the one of all rows. */
export type PlanChoice = { plan: string | undefined; byProduct: ReadonlyMap<string, string> };

/** A row that is not sent: `left` out because it is not in force, or a `fault` of the file. */
export type Unsent = { kind: "left" | "fault"; reason: string };

const isPlan = (text: string): text is PlanId => PLAN_IDS.some((id) => id === text);

/**
 * The request of a row at `now`, or why it is not sent. `earlier` has the line of each key so far, by its form, and
 * gets this one's. No reason has the key in it.
 */
export function requestOfRow(
  row: ShopRow,
  { plan: general, byProduct }: PlanChoice,
  earlier: Map<string, number>,
  now: UnixSeconds,
): Result<ImportRequest, Unsent> {
  const left = (reason: string) => err({ kind: "left", reason } as const);
  const fault = (reason: string) => err({ kind: "fault", reason } as const);
  if (row.ended !== null) return left(row.ended);
  const form = foreignKeyForm(row.key);
  if (form === null) return fault("the key is missing, has fewer than 16 letters and digits, or has other characters");
  const line = earlier.get(form);
  if (line !== undefined) return left(`the same key as in line ${line}`);
  earlier.set(form, row.line);
  if (!MailAddress.safeParse(row.email).success) return fault("the email is missing or not valid");
  const plan = row.plan || byProduct.get(row.product) || general || "";
  if (plan === "") return fault(`no plan: give --plan, or --map '${row.product || "PRODUCT"}=PLAN'`);
  if (!isPlan(plan)) return fault(`there is no plan ${plan}; the plans are ${PLAN_IDS.join(", ")}`);
  if (!/^$|^[1-9]\d{0,5}$/.test(row.machines))
    return fault("the number of machines is not a whole number of 1 or more");
  if (row.note.length > 1_000) return fault("the note has more than 1,000 characters");
  const expires = row.expires === "" ? null : Date.parse(row.expires) / 1000;
  if (expires !== null && !Number.isFinite(expires)) return fault("the end is no date");
  if (expires !== null && expires <= now) return left("it has ended there");
  return ok({
    key: row.key,
    email: row.email,
    plan,
    ...(row.machines !== "" && { machine_limit: Number(row.machines) }),
    ...(expires !== null && { expires_at: toRfc3339(Math.floor(expires)) }),
    ...(row.note !== "" && { note: row.note }),
  });
}
