/**
 * The numbers of a dotted version (`535.183.01`, `12.4`). Text before the first number and after the last one is
 * ignored, because tools print `CUDA 12.4` and `2.31-13+deb11u3`. Null if there is no number.
 */
export function parseDotted(text: string): readonly number[] | null {
  const found = /\d+(?:\.\d+)*/.exec(text)?.[0];
  return found === undefined ? null : found.split(".").map(Number);
}

/** Orders two dotted versions: negative if `a` is lower. A missing number counts as 0, so 12 equals 12.0. */
export function compareDotted(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether `version` lies beyond `max`, by the numbers that `max` has: 12.9 is not beyond 12, and 13.0 is. */
export const isBeyond = (version: readonly number[], max: readonly number[]): boolean =>
  compareDotted(version.slice(0, max.length), max) > 0;
