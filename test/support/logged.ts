import { afterEach, beforeEach, expect } from "vitest";

/** One line that the tested code wrote to the console: a line of the log as its fields, any other text as `message`. */
export type LoggedLine = { event?: string; message?: string; [field: string]: unknown };

const METHODS = ["debug", "log", "info", "warn", "error"] as const;

let lines: LoggedLine[] = [];
let expected = new Set<string>();

/**
 * Asserts that the current test has logged `event`, and returns the lines of it so far. All its lines are expected from
 * now on, later ones too.
 */
export function expectLogged(event: string): LoggedLine[] {
  expected.add(event);
  const found = lines.filter((line) => line.event === event);
  expect(found, `no line of ${event} has been logged, but of ${lines.map(nameOf).join(", ") || "nothing"}`).not.toEqual(
    [],
  );
  return found;
}

/** Returns all lines of the current test so far. They are not expected by that. */
export const logged = (): readonly LoggedLine[] => lines;

/** Keeps the console's lines off the output during each test and fails a test with a line that it does not expect. */
export function watchLog(): void {
  let originals: Pick<Console, (typeof METHODS)[number]>;

  beforeEach(() => {
    lines = [];
    expected = new Set();
    originals = { ...console };
    for (const method of METHODS) console[method] = (...values: unknown[]) => void lines.push(lineOf(values));
  });

  afterEach(() => {
    Object.assign(console, originals);
    const surprises = lines.filter((line) => !expected.has(nameOf(line)));
    expect(surprises, "the test logs what it does not expect by expectLogged()").toEqual([]);
  });
}

function lineOf(values: unknown[]): LoggedLine {
  const message = values.map(String).join(" ");
  try {
    const line: unknown = JSON.parse(message);
    return typeof line === "object" && line !== null ? { ...line } : { message };
  } catch {
    return { message };
  }
}

const nameOf = (line: LoggedLine): string => line.event ?? line.message ?? "";
