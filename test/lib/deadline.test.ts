import { expect, it, vi } from "vitest";
import { withDeadline } from "../../src/lib/deadline.ts";

it("withDeadline: returns the value of work that is in time, and leaves no timer", async () => {
  vi.useFakeTimers();
  expect(await withDeadline(async () => 7, 1_000)).toBe(7);
  expect(vi.getTimerCount()).toBe(0);
});

it("withDeadline: throws the error of the work", async () => {
  await expect(withDeadline(() => Promise.reject(new Error("out of order")), 1_000)).rejects.toThrow("out of order");
});

it("withDeadline: throws after the deadline for work that hangs", async () => {
  vi.useFakeTimers();
  const late = expect(withDeadline(() => new Promise<never>(() => {}), 3_000)).rejects.toThrow("within 3000 ms");
  await vi.advanceTimersByTimeAsync(3_000);
  await late;
});
