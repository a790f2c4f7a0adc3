import type { Tier } from "./table.ts";

/** What a tier gives its users beside the worker itself. Plans tell the machines and the offline time of a license. */
export type TierCapabilities = {
  /** How a machine gets a worker: it builds the source by the recipe, or it downloads a binary that we have signed. */
  delivery: "source" | "signed-binary";
  /** Whether a worker needs a license: machines are counted, and a machine without a network needs an offline lease. */
  needsLicense: boolean;
  /** Who answers questions: other users in the source repository, or the seller by email. */
  support: "community" | "email";
};

export const TIER_CAPABILITIES: Readonly<Record<Tier, TierCapabilities>> = {
  free: { delivery: "source", needsLicense: false, support: "community" },
  premium: { delivery: "signed-binary", needsLicense: true, support: "email" },
};
