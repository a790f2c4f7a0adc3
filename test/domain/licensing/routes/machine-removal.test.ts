import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ask, codeOf } from "../../../support/admin-request.ts";
import { activate, count, issueLicense, ownerToken } from "../../../support/license-fixture.ts";

describe("the removal of a machine", () => {
  const remove = async (id: string, machine: string, { query = "", body }: { query?: string; body?: unknown } = {}) =>
    ask("DELETE", `/v1/admin/licenses/${id}/machines/${machine}${query}`, { token: await ownerToken(), body });

  const machineOf = async (key: string, fingerprint: string) =>
    (await (await activate(key, fingerprint)).json<{ machine: { id: string } }>()).machine.id;

  it.each([
    ["in the query", { query: "?reason=left%20the%20company" }, "left the company"],
    ["in a JSON body", { body: { reason: "sold on the 3rd" } }, "sold on the 3rd"],
    ["in both, of which the query counts", { query: "?reason=first", body: { reason: "second" } }, "first"],
    ["left out, as older clients do", {}, null],
    ["left out of the body", { body: {} }, null],
  ])("keeps its reason: %s", async (_, sent, reason) => {
    const { id, key } = await issueLicense();
    expect((await remove(id, await machineOf(key, "m"), sent)).status).toBe(204);
    const entry = await env.DB.prepare("SELECT reason FROM audit WHERE action = 'machine.deactivate'").first();
    expect(entry).toEqual({ reason });
  });

  it("refuses a reason that is empty or too long, and changes nothing", async () => {
    const { id, key } = await issueLicense();
    const machine = await machineOf(key, "m");
    for (const sent of [{ query: "?reason=%20" }, { body: { reason: "x".repeat(501) } }, { body: { reason: 7 } }]) {
      expect(await codeOf(await remove(id, machine, sent))).toBe("VALIDATION_FAILED");
    }
    expect(await count("machines", "deactivated_at IS NULL")).toBe(1);
  });

  it("is 404 for a machine that the license never had, and harmless when repeated", async () => {
    const { id, key } = await issueLicense();
    const other = await issueLicense();
    const machine = await machineOf(key, "m");
    const foreign = await machineOf(other.key, "m");
    for (const query of ["", "?void_lease=true"]) {
      for (const never of ["mach_00000000000000000000000000", "x", "__proto__", foreign]) {
        const refused = await remove(id, never, { query });
        expect([refused.status, await codeOf(refused)]).toEqual([404, "NOT_FOUND"]);
      }
    }
    expect(await codeOf(await remove("lic_00000000000000000000000000", machine))).toBe("LICENSE_NOT_FOUND");
    for (let n = 0; n < 3; n++) expect((await remove(id, machine)).status).toBe(204);
    expect(await count("audit", "action = 'machine.deactivate'")).toBe(1);
    expect(await count("machines", "deactivated_at IS NULL")).toBe(1);
  });
});
