import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { inParallel } from "../../src/cli/publish/upload.ts";

it("does everything, at most so many at a time", async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await turn();
    done.push(item);
    running--;
  });
  expect([done.sort(), most]).toEqual([[1, 2, 3, 4, 5, 6, 7], 3]);
});

it("begins nothing more after a failure, and ends what is under way", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    if (item === 1) throw new Error("broken");
    await turn();
    ended.push(item);
  });
  await expect(work).rejects.toThrow("broken");
  expect([begun, ended]).toEqual([[1, 2], [2]]);
});
