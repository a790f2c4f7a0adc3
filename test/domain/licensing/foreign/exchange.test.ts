import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { REPEATABLE } from "../../../../src/domain/licensing/foreign/key.ts";
import { ask, codeOf, newAddress } from "../../../support/admin-request.ts";
import { activate, adminAct, count, hive, ownerToken } from "../../../support/license-fixture.ts";
import { logged } from "../../../support/logged.ts";
import { roomInMinute, WITH_ROOM } from "../../../support/minute.ts";

const KEY = "38b1460a-5104-4067-a91d-77b872934d51";

async function importKey(key = KEY, more: object = {}): Promise<string> {
  const row = { key, email: "ada@example.com", plan: "premium-lifetime", ...more };
  const body = { source: "lemon-squeezy", reason: "we moved", licenses: [row] };
  const response = await ask("POST", "/v1/admin/licenses/import", { token: await ownerToken(), body });
  const { outcomes } = await response.json<{ outcomes: { license_id: string }[] }>();
  return outcomes[0]?.license_id ?? "";
}

const exchange = (key = KEY, headers: Record<string, string> = {}): Promise<Response> =>
  hive("POST", "/v1/licenses/exchange", { credential: key, headers });

const keyOf = async (response: Response): Promise<string> => {
  expect(response.ok).toBe(true);
  return (await response.json<{ key: string }>()).key;
};

/** Makes the exchange of every key happen an hour and a second ago. */
const anHourLater = () =>
  env.DB.prepare("UPDATE foreign_keys SET exchanged_at = exchanged_at - ?")
    .bind(REPEATABLE + 1)
    .run();

describe("a key of another shop", () => {
  it("activates a machine, whose answer has the license's own key", async () => {
    const id = await importKey();
    const response = await activate(KEY, "machine-a");
    expect(response.status).toBe(201);
    expect(response.headers.get("Cache-Control")).toBe("private, no-store");
    const answer = await response.json<{ key: string; token: string; license: { id: string } }>();
    expect([answer.license.id, answer.key]).toEqual([id, expect.stringMatching(/^rbee_lic_/)]);
    const me = await hive("GET", "/v1/licenses/me", { credential: answer.key });
    expect(await me.json()).toMatchObject({ license: { id, machines: [expect.anything()] } });
    const own = await activate(answer.key, "machine-a");
    expect(own.status).toBe(200);
    expect(await own.json()).not.toHaveProperty("key");
  });

  it("is exchanged without a machine, too", async () => {
    const id = await importKey();
    const response = await exchange(` ${KEY.toUpperCase()} `);
    expect(await response.json()).toMatchObject({ key: expect.stringMatching(/^rbee_lic_/), license: { id } });
    expect(await count("machines")).toBe(0);
  });

  it("is exchanged once: the owner is mailed the key, and the trail has one entry", async () => {
    const id = await importKey();
    const keys = await Promise.all(Array.from({ length: 3 }, async () => keyOf(await exchange())));
    expect(new Set(keys).size).toBe(1);
    expect(await count("audit", `action = 'license.exchange-key' AND actor = 'license:${id}'`)).toBe(1);
    expect(await count("mails", `kind = 'license_key' AND license_id = '${id}'`)).toBe(1);
  });

  it("gives the same answer for an hour, because the first one may be lost, and is refused after that", async () => {
    await importKey();
    const key = await keyOf(await exchange());
    expect(await keyOf(await exchange())).toBe(key);
    await anHourLater();
    const refused = await exchange();
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ code: "KEY_EXCHANGED", detail: expect.stringContaining("rbee_lic_") });
    expect(await codeOf(await activate(KEY, "machine-b"))).toBe("KEY_EXCHANGED");
    expect((await activate(key, "machine-b")).status).toBe(201);
  });

  it("opens nothing but its exchange", async () => {
    await importKey();
    expect(await codeOf(await hive("GET", "/v1/licenses/me", { credential: KEY }))).toBe("KEY_INVALID");
    const download = "/v1/workers/premium-cpu/latest/download?platform=linux-x86_64";
    expect(await codeOf(await hive("GET", download, { credential: KEY, headers: { "Rbee-Machine": "m" } }))).toBe(
      "KEY_INVALID",
    );
    expect(await count("foreign_keys", "exchanged_at IS NOT NULL")).toBe(0);
  });

  it("ends with the license's key: a revoked or rotated license gives no new one", async () => {
    const id = await importKey();
    expect((await adminAct(id, "rotate-key")).status).toBe(200);
    expect(await codeOf(await exchange())).toBe("KEY_ROTATED");
    const other = await importKey("ACME-7Q2M-9X4B-K1ZT-55RD");
    expect((await adminAct(other, "revoke")).status).toBe(200);
    expect(await codeOf(await exchange("ACME-7Q2M-9X4B-K1ZT-55RD"))).toBe("LICENSE_REVOKED");
  });

  it("of a suspended license is exchanged, and activates nothing", async () => {
    const id = await importKey();
    await adminAct(id, "suspend");
    expect(await codeOf(await activate(KEY, "machine-a"))).toBe("LICENSE_SUSPENDED");
    expect((await exchange()).status).toBe(200);
  });

  it("that nobody has imported is KEY_INVALID, and each try counts under the sender's address", WITH_ROOM, async () => {
    await roomInMinute();
    const headers = { "CF-Connecting-IP": newAddress() };
    const codes: unknown[] = [];
    while (!codes.includes("RATE_LIMITED") && codes.length < 200) {
      codes.push(await codeOf(await exchange(`ACME-${codes.length}-0000-1111-2222`, headers)));
    }
    expect(new Set(codes)).toEqual(new Set(["KEY_INVALID", "RATE_LIMITED"]));
  });

  it("without a credential is CREDENTIAL_REQUIRED, and a key of ours is KEY_INVALID there", async () => {
    expect(await codeOf(await hive("POST", "/v1/licenses/exchange"))).toBe("CREDENTIAL_REQUIRED");
    await importKey();
    expect(await codeOf(await exchange(await keyOf(await exchange())))).toBe("KEY_INVALID");
  });

  it("is in no line of the log", async () => {
    await importKey();
    await exchange();
    await activate(KEY, "machine-a");
    await exchange("ACME-9999-0000-1111-2222");
    expect(JSON.stringify(logged())).not.toMatch(/38b1460a|77b872934d51|ACME-9999/i);
  });
});
