import * as z from "zod";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type Grant, grantOf } from "../grant.ts";
import { factsOf, type LicenseFacts } from "./status.ts";

const Entitlements = z.array(z.string());

/** The columns of a license's grant. The compiler requires a column for each field of `Grant`. */
const GRANT_COLUMNS = {
  entitlements: z.string().transform((text) => Entitlements.parse(JSON.parse(text))),
  versions: z.string(),
  updates_until: z.number().nullable(),
  machine_limit: z.number(),
  offline_days: z.number(),
} satisfies { [Field in keyof Grant]: z.ZodType<Grant[Field]> };

/** The columns of `licenses` that decisions need, with the JSON columns parsed. */
export const LicenseRow = z.object({
  id: z.string(),
  generation: z.number(),
  email: z.string(),
  plan: z.string(),
  note: z.string().nullable(),
  ...GRANT_COLUMNS,
  admin_state: z.enum(["none", "suspended", "revoked"]),
  refund_state: z.enum(["none", "partial", "full"]),
  dispute_state: z.enum(["none", "open", "won", "lost"]),
  subscription_state: z.enum(["none", "active", "past_due", "suspended", "ended"]),
  expires_at: z.number().nullable(),
  extended_until: z.number().nullable(),
  grace_seconds: z.number(),
  status_index: z.number(),
  livemode: z.number().transform((flag) => flag === 1),
  checkout_session_id: z.string().nullable(),
  stripe_customer_id: z.string().nullable(),
  stripe_subscription_id: z.string().nullable(),
  stripe_payment_intent_id: z.string().nullable(),
  revision: z.number(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type LicenseRow = z.output<typeof LicenseRow>;

/** Replaces the owner's address in an erased license. It is no address, so nobody can ask for the license's keys. */
export const ERASED = "erased";

/** Whether a license has no owner any more. */
export const isErased = ({ email }: Pick<LicenseRow, "email">): boolean => email === ERASED;

export const MachineRow = z.object({
  id: z.string(),
  fingerprint_hash: z.string(),
  name: z.string().nullable(),
  platform: z.string().nullable(),
  activated_at: z.number(),
  last_seen_at: z.number(),
  deactivated_at: z.number().nullable(),
  lease_until: z.number(),
});
export type MachineRow = z.output<typeof MachineRow>;

/** A license with its machines, including those deactivated within the last 90 days. */
export type License = LicenseRow & { machines: MachineRow[] };

/**
 * The edge copy of a license, with the facts for a download decision and no personal data. KV key `license:<id>`. Only
 * this code writes it, so its readers trust the shape.
 */
export type LicenseRecord = Grant &
  LicenseFacts &
  Pick<LicenseRow, "id" | "generation"> & {
    /** Fingerprint hashes of the active machines. */
    machines: string[];
    /** When this record was made from the ledger. A credential issued later may know more than the record. */
    published_at: UnixSeconds;
  };

/** The edge copy of a license as the ledger has it at `now`. */
export const licenseRecordOf = (license: License, now: UnixSeconds): LicenseRecord => ({
  id: license.id,
  generation: license.generation,
  ...grantOf(license),
  ...factsOf(license),
  machines: activeMachines(license).map((machine) => machine.fingerprint_hash),
  published_at: now,
});

/** The active machines. Each holds a seat. */
export const activeMachines = (license: License): MachineRow[] =>
  license.machines.filter((machine) => machine.deactivated_at === null);
