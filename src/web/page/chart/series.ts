import type { UnixSeconds } from "../../../lib/time.ts";

/** One series of a chart: a name and a value for each day. */
export type Series = { name: string; values: number[] };

/** The most series in a chart that readers can still tell apart. */
export const MOST_SERIES = 5;

/**
 * Turns counts by day and name into one series for each name. A day without a count is 0. The order is that of
 * `names`, or else the largest first. Names beyond MOST_SERIES are summed as "others".
 */
export function seriesOf(
  counts: readonly { day: UnixSeconds; name: string; count: number }[],
  days: readonly UnixSeconds[],
  names?: readonly string[],
): Series[] {
  const places = new Map(days.map((day, index) => [day, index]));
  const byName = new Map<string, number[]>(names?.map((name) => [name, days.map(() => 0)]));
  for (const { day, name, count } of counts) {
    const place = places.get(day);
    if (place === undefined) continue;
    const values = byName.get(name) ?? days.map(() => 0);
    values[place] = (values[place] ?? 0) + count;
    byName.set(name, values);
  }
  const all = [...byName].map(([name, values]) => ({ name, values }));
  if (names === undefined) all.sort((a, b) => total(b) - total(a) || (a.name < b.name ? -1 : 1));
  if (all.length <= MOST_SERIES) return all;
  const rest = all.slice(MOST_SERIES - 1);
  const others = days.map((_, index) => rest.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  return [...all.slice(0, MOST_SERIES - 1), { name: "others", values: others }];
}

/** The sum of a series. */
export const total = ({ values }: Series): number => values.reduce((sum, value) => sum + value, 0);
