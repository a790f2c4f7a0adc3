import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { forgetOldRows, isRetentionTime } from "../../src/storage/retention.ts";
import { DAY } from "../../src/time.ts";
import { activate, count, issueLicense } from "../licensing/license-fixture.ts";

describe("rows that nothing looks at any more", () => {
  it("are forgotten once a day, and newer ones are not", async () => {
    const { key } = await issueLicense();
    await activate(key, "m");
    const trail = await count("audit");
    const now = Math.floor(Date.now() / 1000);
    await forgetOldRows(env.DB, now + DAY);
    expect(await count("machine_activations")).toBe(1);
    await forgetOldRows(env.DB, now + 3 * DAY);
    expect(await count("machine_activations")).toBe(0);
    expect(await count("audit")).toBe(trail);
  });

  it("are looked for in one minute of each day", () => {
    const minutes = Array.from({ length: 24 * 60 }, (_, minute) => 1_800_000_000 + minute * 60);
    expect(minutes.filter(isRetentionTime)).toHaveLength(1);
  });
});
