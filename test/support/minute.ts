import { expect } from "vitest";

const MINUTE_MS = 60_000;

/** The rest of a minute that a test of a rate limit needs at its first attempt, in milliseconds. */
const ROOM_MS = 15_000;

let lastTest: string | undefined;

/**
 * Waits for the next minute if this one is nearly over, because limits count by the minute of the clock. A second
 * attempt begins with a minute, so that a slow machine has all of it.
 */
export async function roomInMinute(): Promise<void> {
  const test = expect.getState().currentTestName;
  const needed = test === lastTest ? MINUTE_MS : ROOM_MS;
  lastTest = test;
  const left = MINUTE_MS - (Date.now() % MINUTE_MS);
  if (left < needed) await scheduler.wait(left);
}

/** The options of a test that calls `roomInMinute`: time to wait for a minute, and a second attempt. */
export const WITH_ROOM = { timeout: 300_000, retry: 1 };
