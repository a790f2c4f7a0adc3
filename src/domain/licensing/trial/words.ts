import type { LicenseRow } from "../license/row.ts";

const WHOSE = { address: "This email address", card: "This payment method" } as const;

/** The reason why a license began with a payment, for its buyer; null for any other license. */
export const trialRefusalInWords = ({ trial_refused }: Pick<LicenseRow, "trial_refused">): string | null =>
  trial_refused === null
    ? null
    : `${WHOSE[trial_refused]} has already had a free trial, so your first payment was due at once.`;
