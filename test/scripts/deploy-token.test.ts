import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { openCloudflare } from "../../scripts/deploy/cloudflare.ts";

describe("the API token of a deployment", () => {
  it("is sent without the quotes and line end that a copy has gained", async () => {
    const answer = { success: true, result: {} };
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json(answer));
    await openCloudflare({ CLOUDFLARE_API_TOKEN: ' "Ab-1_c"\u200b\r\n' })(z.object({}), "/x");
    expect(new Headers(fetched.mock.calls[0]?.[1]?.headers).get("Authorization")).toBe("Bearer Ab-1_c");
    fetched.mockRestore();
  });

  it.each(["Ab1\u00e9cdefgh", "Ab1;cdefgh"])("is refused in words that do not quote it: %j", (token) => {
    expect(() => openCloudflare({ CLOUDFLARE_API_TOKEN: token })).toThrow("CLOUDFLARE_API_TOKEN has characters");
    expect(() => openCloudflare({ CLOUDFLARE_API_TOKEN: token })).not.toThrow("cdefgh");
  });
});
