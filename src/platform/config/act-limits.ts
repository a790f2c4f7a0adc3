/** The acts of admins that are counted by actor and day, each with the action of its audit entries. */
export const COUNTED_ACTS = {
  refund: "license.refund",
  issue: "license.issue",
  amend: "license.amend",
  "rotate-key": "license.rotate-key",
  revoke: "license.revoke",
  suspend: "license.suspend",
  extend: "license.extend",
  yank: "release.yank",
  block: "release.block",
  "create-token": "token.create",
  "renew-token": "token.renew",
} as const;

export type CountedAct = keyof typeof COUNTED_ACTS;

export const COUNTED_ACT_NAMES = Object.keys(COUNTED_ACTS) as [CountedAct, ...CountedAct[]];

/** How often one actor does an act in a day (UTC): from `alarm` on it is reported, past `stop` only owners go on. */
export type ActLimit = { alarm: number; stop: number };

export type ActLimits = Readonly<Record<CountedAct, ActLimit>>;

/** The limits of every act that `ACT_LIMITS` leaves out: what a busy day of a small team does not reach. */
export const DEFAULT_ACT_LIMITS: ActLimits = {
  refund: { alarm: 10, stop: 50 },
  issue: { alarm: 20, stop: 100 },
  amend: { alarm: 20, stop: 100 },
  "rotate-key": { alarm: 20, stop: 100 },
  revoke: { alarm: 20, stop: 100 },
  suspend: { alarm: 20, stop: 100 },
  extend: { alarm: 50, stop: 250 },
  yank: { alarm: 10, stop: 50 },
  block: { alarm: 5, stop: 25 },
  "create-token": { alarm: 10, stop: 50 },
  "renew-token": { alarm: 10, stop: 50 },
};
