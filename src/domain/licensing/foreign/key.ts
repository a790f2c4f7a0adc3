import { encodeBase64Url } from "../../../lib/encoding.ts";
import { HOUR, type UnixSeconds } from "../../../lib/time.ts";
import type { LicenseRow } from "../license/record.ts";
import { type LicenseRefusal, refusalOfGeneration, refusalOfStanding } from "../refusal.ts";

/** The shops that keys are imported from. `other`: any. */
export const FOREIGN_SOURCES = ["gumroad", "keygen", "lemon-squeezy", "other"] as const;
export type ForeignSource = (typeof FOREIGN_SOURCES)[number];

/** A key of another shop, as stored. */
export type ForeignKey = {
  license_id: string;
  generation: number;
  source: string;
  exchanged_at: UnixSeconds | null;
};

/** How long an exchanged key still gives the same answer, in seconds, for a client that lost the first one. */
export const REPEATABLE = HOUR;

/** Separates this use of the secret from license keys, marks of trials and recovery links. */
const PURPOSE = "rbee foreign key";

/** The hash that a key of another shop is stored as. `form`: `foreignKeyForm`. `secret` is LICENSE_KEY_SECRET. */
export async function foreignKeyHash(secret: CryptoKey, form: string): Promise<string> {
  const mac = await crypto.subtle.sign("HMAC", secret, new TextEncoder().encode(`${PURPOSE}: ${form}`));
  return encodeBase64Url(new Uint8Array(mac));
}

/**
 * The refusal of an exchange at `now`, or null. A license that is suspended or has expired gets its key, because its
 * owner needs it to go on. A revoked one gets none.
 */
export function refusalOfExchange(
  { generation, exchanged_at }: ForeignKey,
  license: LicenseRow,
  now: UnixSeconds,
): LicenseRefusal | null {
  const rotated = refusalOfGeneration(license.generation, generation);
  if (rotated) return rotated;
  if (exchanged_at !== null && now >= exchanged_at + REPEATABLE) return { code: "KEY_EXCHANGED", exchanged_at };
  const standing = refusalOfStanding(license, now);
  return standing?.code === "LICENSE_REVOKED" ? standing : null;
}
