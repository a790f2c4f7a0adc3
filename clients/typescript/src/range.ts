/** Three numbers of a version, and whether it is a release (1) or leads to one (0). */
type Point = readonly [major: number, minor: number, patch: number, release: 0 | 1];

/** One condition of a range, for a release. */
type Condition = (version: Point) => boolean;

/** A version in a range: its numbers as far as they are named (`1.x` names one). */
type Named = { numbers: readonly number[]; release: 0 | 1 };

const NUMBER = String.raw`(?:0|[1-9]\d*)`;
const PART = `(?:${NUMBER}|[xX*])`;
/** A label of a prerelease: a number without leading zeros, or a text with a letter or hyphen. */
const LABEL = `(?:${NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)`;
const LABELS = String.raw`(-${LABEL}(?:\.${LABEL})*)?(?:\+[0-9A-Za-z.-]+)?`;
const VERSION = String.raw`v?(${PART})(?:\.(${PART})(?:\.(${PART})${LABELS})?)?`;
const COMPARATOR = new RegExp(`^(>=|<=|>|<|=|~>?|\\^)?${VERSION}$`);
const HYPHEN = /^(\S+)\s+-\s+(\S+)$/;

const ANY: Condition = () => true;
const NONE: Condition = () => false;

/**
 * Whether the release `major.minor.patch` is inside a range of node-semver's grammar: comparators, `~`, `^`, `x`,
 * hyphens and `||`. A range that cannot be read has no version inside.
 */
export function isInRange(release: readonly [number, number, number], range: string): boolean {
  const point: Point = [...release, 1];
  const parts = range.split("||").map((part) => conditionsOf(part.trim()));
  return !parts.includes(null) && parts.some((conditions) => conditions?.every((holds) => holds(point)));
}

/** The conditions of a range without `||`, or null if it cannot be read. */
function conditionsOf(text: string): Condition[] | null {
  const [, from, to] = HYPHEN.exec(text) ?? [];
  if (from !== undefined && to !== undefined) return all([comparator(`>=${from}`), comparator(`<=${to}`)]);
  // An operator may stand apart from its version.
  const joined = text.replaceAll(/(>=|<=|>|<|=|~>?|\^)\s+/g, "$1");
  return all(joined === "" ? [ANY] : joined.split(/\s+/).map(comparator));
}

const all = (conditions: (Condition | null)[]): Condition[] | null => {
  const readable = conditions.filter((condition) => condition !== null);
  return readable.length === conditions.length ? readable : null;
};

function comparator(text: string): Condition | null {
  const found = COMPARATOR.exec(text);
  if (found === null) return null;
  const [, operator = "=", ...parts] = found;
  const named = namedOf(parts);
  if (named === null) return null;
  // `*` stands for every version, so nothing is above or below it.
  if (named.numbers.length === 0) return operator === ">" || operator === "<" ? NONE : ANY;
  return conditionOf(operator, named);
}

/** The parts of a version in a range, or null if a number follows an `x`. */
function namedOf([major, minor, patch, labels]: readonly (string | undefined)[]): Named | null {
  const parts = [major, minor, patch].filter((part) => part !== undefined);
  const first = parts.findIndex((part) => /^[xX*]$/.test(part));
  const numbers = (first < 0 ? parts : parts.slice(0, first)).map(Number);
  const hasNumberAfter = first >= 0 && parts.slice(first).some((part) => /^\d/.test(part));
  if (hasNumberAfter || !numbers.every(Number.isSafeInteger)) return null;
  return { numbers, release: numbers.length === 3 && labels !== undefined ? 0 : 1 };
}

function conditionOf(operator: string, named: Named): Condition {
  const { numbers, release } = named;
  const isWhole = numbers.length === 3;
  const from: Point = pointOf(numbers, release);
  /** The first version after those that the named numbers stand for. */
  const after = isWhole ? null : raised(numbers, numbers.length - 1);
  switch (operator) {
    case ">":
      return after === null ? (version) => compare(version, from) > 0 : atLeast(after);
    case ">=":
      return atLeast(from);
    case "<":
      return below(from);
    case "<=":
      return after === null ? (version) => compare(version, from) <= 0 : below(after);
    case "=":
      return after === null ? (version) => compare(version, from) === 0 : both(atLeast(from), below(after));
    case "^":
      return both(atLeast(from), below(raised(numbers, firstOtherThanZero(numbers))));
    default:
      return both(atLeast(from), below(raised(numbers, Math.min(1, numbers.length - 1))));
  }
}

/** The place of the number that `^` keeps: the first that is not 0, or the last that is named. */
function firstOtherThanZero(numbers: readonly number[]): number {
  const first = numbers.findIndex((number) => number > 0);
  return first < 0 ? numbers.length - 1 : first;
}

const pointOf = ([major = 0, minor = 0, patch = 0]: readonly number[], release: 0 | 1): Point => [
  major,
  minor,
  patch,
  release,
];

/** The lowest version with the number at `place` raised by one. */
const raised = (numbers: readonly number[], place: number): Point =>
  pointOf([...numbers.slice(0, place), (numbers[place] ?? 0) + 1], 0);

const atLeast =
  (bound: Point): Condition =>
  (version) =>
    compare(version, bound) >= 0;
const below =
  (bound: Point): Condition =>
  (version) =>
    compare(version, bound) < 0;
const both =
  (one: Condition, other: Condition): Condition =>
  (version) =>
    one(version) && other(version);

function compare(a: Point, b: Point): number {
  for (let at = 0; at < a.length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
