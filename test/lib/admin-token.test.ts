import { exports } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashAdminToken, isAdminToken, newAdminToken } from "../../src/lib/admin-token.ts";
import { newAddress } from "../support/admin-request.ts";

describe("an admin token", () => {
  it("is new each time, and known by a digest that is not the token", async () => {
    const [one, other] = [newAdminToken(), newAdminToken()];
    expect(isAdminToken(one)).toBe(true);
    expect(one).not.toBe(other);
    expect(await hashAdminToken(one)).toBe(await hashAdminToken(one));
    expect(await hashAdminToken(one)).not.toBe(await hashAdminToken(other));
    expect(one).not.toContain(await hashAdminToken(one));
  });

  it("is nothing that has lost, gained or changed a part", () => {
    const token = newAdminToken();
    for (const text of [token.slice(0, -1), `${token}A`, `x${token}`, token.toUpperCase(), `${token}\n`, ""]) {
      expect(isAdminToken(text)).toBe(false);
    }
  });

  it("that is false is a 401, whatever the header holds", async () => {
    const header = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("", "Bearer ", "bearer  rbee_adm_", "Basic "), header, async (scheme, text) => {
        const response = await exports.default.fetch("https://catalog.test/v1/admin/stats", {
          headers: { Authorization: scheme + text, "CF-Connecting-IP": newAddress() },
        });
        expect(response.status).toBe(401);
      }),
      { numRuns: 200 },
    );
  });
});
