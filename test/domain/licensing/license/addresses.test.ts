import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { searchLicenses } from "../../../../src/domain/licensing/license/search.ts";
import { currentTime } from "../../../../src/lib/time.ts";
import { adminAct, count, issueLicense } from "../../../support/license-fixture.ts";

const find = async (q: string) => (await searchLicenses(env.DB, { q }, 51, currentTime())).map(({ id }) => id);

describe("a search for a part of an address", () => {
  it("finds it at each place, in any case, and with characters of every script", async () => {
    const email = "zoë.müller+rbee@mail.exämple.com";
    const { id } = await issueLicense({ email });
    const characters = [...email];
    for (let from = 0; from + 4 <= characters.length; from++) {
      for (const to of [from + 4, from + 11, characters.length]) {
        const part = characters.slice(from, to).join("").toUpperCase();
        expect(await find(part), part).toEqual([id]);
      }
    }
    expect(await find("zoë")).toEqual([id]);
    expect(await find("rbee@mail.exämple.de")).toEqual([]);
  });

  it("finds a term of less than four characters only at the beginning, and wildcards nowhere", async () => {
    const { id } = await issueLicense({ email: "ada.lovelace@example.com" });
    expect(await find("ada")).toEqual([id]);
    for (const term of ["lov", "com", "%", "____", "*@example", "\\"]) expect(await find(term), term).toEqual([]);
  });

  it("finds all licenses of an address and of a domain, newest first", async () => {
    const first = await issueLicense({ email: "ada@hosting.example" });
    const second = await issueLicense({ email: "ada@hosting.example" });
    const third = await issueLicense({ email: "bob@hosting.example" });
    await issueLicense({ email: "eve@elsewhere.example" });
    expect(await find("@hosting.example")).toEqual([third.id, second.id, first.id]);
    expect(await find("da@host")).toEqual([second.id, first.id]);
  });

  it("forgets an address with its last license", async () => {
    const first = await issueLicense({ email: "ada@hosting.example" });
    const second = await issueLicense({ email: "ada@hosting.example" });
    await env.DB.prepare("UPDATE licenses SET email = 'new@hosting.example' WHERE id = ?").bind(first.id).run();
    expect(await find("ada@hosting.example")).toEqual([second.id]);
    expect(await count("addresses")).toBe(2);
    for (const { id } of [first, second]) expect((await adminAct(id, "erase")).status).toBe(200);
    expect([await count("addresses"), await count("address_parts")]).toEqual([0, 0]);
  });
});
