import type { AuditEntry } from "../../../platform/identity/audit-store.ts";

/** Numbers of the sequence, both ends included. */
export type Range = { from: number; to: number };

/** Entries of a stretch of the sequence. */
export type Stretch = {
  entries: AuditEntry[];
  /** Numbers of the stretch whose entries retention has deleted. */
  forgotten: Range[];
  /** The last number of the stretch. The next read continues after it. */
  through: number;
  /** The last number that an act has got. */
  last: number;
};

/** A number that has an entry; the entry itself if it matches the filter. */
export type Examined = { place: number; entry: AuditEntry | null };

/**
 * The stretch after the number `after` that the examined numbers, in their order, show: it ends at the entry that
 * `limit` reaches. `isWhole`: no entry lies behind them, so that the stretch may reach to `last`.
 */
export function stretchOf(
  examined: readonly Examined[],
  { after, last, limit, isWhole }: { after: number; last: number; limit: number; isWhole: boolean },
): Stretch {
  const stretch: Stretch = { entries: [], forgotten: [], through: after, last };
  const goTo = (number: number, hasEntry: boolean) => {
    const to = hasEntry ? number - 1 : number;
    if (to > stretch.through) stretch.forgotten.push({ from: stretch.through + 1, to });
    stretch.through = number;
  };
  for (const { place, entry } of examined) {
    goTo(place, true);
    if (entry) stretch.entries.push(entry);
    if (stretch.entries.length === limit) return stretch;
  }
  if (isWhole && last > stretch.through) goTo(last, false);
  return stretch;
}
