import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { currentTime } from "../../../src/lib/time.ts";
import { markStatistics, ownsStatistics, readStatisticsMark } from "../../../src/platform/usage/owner.ts";

describe("the mark of the statistics", () => {
  it("is written once, and belongs to the deployment that wrote it", async () => {
    expect(await readStatisticsMark(env.STATISTICS)).toBeNull();
    expect(await markStatistics(env, currentTime())).toBe(true);
    expect(await readStatisticsMark(env.STATISTICS)).toMatchObject({ public_url: env.PUBLIC_URL });
  });

  it("of another deployment is neither obeyed nor overwritten", async () => {
    const other = { ...env, PUBLIC_URL: "https://copy.example.com" };
    await markStatistics(other, currentTime());
    const mark = await readStatisticsMark(env.STATISTICS);
    expect(mark).toMatchObject({ public_url: "https://copy.example.com" });
    expect(await ownsStatistics(env)).toBe(false);
    expect(await markStatistics(env, currentTime())).toBe(false);
    expect(await readStatisticsMark(env.STATISTICS)).toEqual(mark);
  });
});
