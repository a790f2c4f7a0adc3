/** How long before a minute ends a test of a limit no longer begins, in milliseconds: more than any of them takes. */
const ROOM_MS = 15_000;

/** Limits are counted by the minute of the clock: waits for the next one if this one is nearly over. */
export async function roomInMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < ROOM_MS) await scheduler.wait(left);
}

/** The time that a test needs which may wait for the next minute. */
export const WITH_ROOM = { timeout: 45_000 };
