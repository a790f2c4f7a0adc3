import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { inTime } from "../../../src/platform/http/in-time.ts";

describe("inTime", () => {
  it("returns a value in time, else the fallback, and lets the work finish", async () => {
    const executionCtx = createExecutionContext();
    const c = { executionCtx };
    expect(await inTime(c, Promise.resolve("value"), 1000, "otherwise")).toBe("value");
    expect(await inTime(c, Promise.reject(new Error("down")), 1000, "otherwise")).toBe("otherwise");
    let finished = false;
    const late = new Promise<string>((resolve) => setTimeout(resolve, 100, "late")).then((text) => {
      finished = true;
      return text;
    });
    expect(await inTime(c, late, 1, "otherwise")).toBe("otherwise");
    expect(finished).toBe(false);
    await waitOnExecutionContext(executionCtx);
    expect(finished).toBe(true);
  });
});
