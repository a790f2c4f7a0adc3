import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MOST_ISSUED } from "../../../../src/domain/licensing/admin/limits.ts";
import { sendDueMails } from "../../../../src/domain/mail/sender.ts";
import { currentTime } from "../../../../src/lib/time.ts";
import type { Scope } from "../../../../src/platform/config/scopes.ts";
import { ask, codeOf, makeToken } from "../../../support/admin-request.ts";
import { activate, adminAct, count, hive, issueLicense, ownerToken } from "../../../support/license-fixture.ts";
import { expectLogged } from "../../../support/logged.ts";
import { askWith, newPostbox } from "../../../support/postbox.ts";

type Row = { machine_limit: number; plan: string; email: string; expires_at: string | null };

async function amend(id: string, body: object, { scopes = ["owner"], key }: { scopes?: Scope[]; key?: string } = {}) {
  const { token } = await makeToken(scopes);
  const headers = key === undefined ? {} : { "Idempotency-Key": key };
  return ask("POST", `/v1/admin/licenses/${id}/amend`, { token, body: { reason: "asked for", ...body }, headers });
}

const amended = async (id: string, body: object): Promise<Row> => {
  const response = await amend(id, body);
  expect(response.status).toBe(200);
  return (await response.json<{ license: Row }>()).license;
};

const entry = async () => {
  const row = await env.DB.prepare("SELECT details FROM audit WHERE action = 'license.amend'").first<string>("details");
  return JSON.parse(row ?? "null");
};

describe("amending a license", () => {
  it("changes many fields in one act, with one entry of old and new values", async () => {
    const { id, key } = await issueLicense({ plan: "premium-trial" });
    const license = await amended(id, {
      plan: "premium-lifetime",
      machine_limit: 7,
      note: "paid by bank transfer",
      expires_at: null,
      versions: ">=1.0.0 <3.0.0",
      entitlements: ["llm-worker-rbee-premium-cpu"],
      updates_until: "2030-01-01T00:00:00Z",
    });
    expect(license).toMatchObject({
      plan: "premium-lifetime",
      machine_limit: 7,
      note: "paid by bank transfer",
      expires_at: null,
      versions: ">=1.0.0 <3.0.0",
      entitlements: ["llm-worker-rbee-premium-cpu"],
      updates_until: "2030-01-01T00:00:00Z",
      key_generation: 0,
    });
    expect(await count("audit", "action = 'license.amend'")).toBe(1);
    expect(await entry()).toMatchObject({
      plan: { from: "premium-trial", to: "premium-lifetime" },
      machine_limit: { from: 1, to: 7 },
      note: "changed",
    });
    // The key stays, and the new limit holds at once.
    for (const name of ["a", "b", "c"]) expect((await activate(key, name)).status).toBe(201);
  });

  it("repeated with its Idempotency-Key is one act, and with another body a conflict", async () => {
    const { id } = await issueLicense();
    const { token } = await makeToken(["licenses:issue"]);
    const send = (machine_limit: number) =>
      ask("POST", `/v1/admin/licenses/${id}/amend`, {
        token,
        body: { reason: "r", machine_limit },
        headers: { "Idempotency-Key": "a-1" },
      });
    const answers = await Promise.all([send(30), send(30), send(30)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await count("audit", "action = 'license.amend'")).toBe(1);
    expect(await codeOf(await send(31))).toBe("CONFLICT");
    await amend(id, { machine_limit: 40 });
    expect(await (await send(30)).json()).toMatchObject({ license: { machine_limit: 40 } });
  });

  it("to fewer machines than are active lets them stay, and no other in", async () => {
    const { id, key } = await issueLicense();
    for (const name of ["a", "b", "c"]) await activate(key, name);
    expect((await amended(id, { machine_limit: 2 })).machine_limit).toBe(2);
    expect((await activate(key, "a")).status).toBe(200);
    expect(await codeOf(await activate(key, "d"))).toBe("MACHINE_LIMIT_REACHED");
  });

  it("brings no suspended or revoked license back", async () => {
    for (const action of ["suspend", "revoke"]) {
      const { id } = await issueLicense();
      await adminAct(id, action);
      expect(await amended(id, { plan: "premium-monthly", expires_at: null, note: "x" })).toMatchObject({
        status: action === "suspend" ? "suspended" : "revoked",
      });
    }
  });

  it.each([
    ["nothing to amend", {}, ""],
    ["no reason", { reason: " ", note: "n" }, "reason"],
    ["an address with NUL", { email: "ada\0@example.com" }, "email"],
    ["an address in angle brackets", { email: "<ada@example.com>" }, "email"],
    ["a plan that is not there", { plan: "premium-free" }, "plan"],
    ["a range that is none", { versions: "new ones" }, "versions"],
    ["an empty range", { versions: " " }, "versions"],
    ["no worker at all", { entitlements: [] }, "entitlements"],
    ["a worker that is not there", { entitlements: ["llm-worker-rbee-premum-*"] }, "entitlements.0"],
    ["a pattern in the middle", { entitlements: ["llm-*-cpu"] }, "entitlements.0"],
    ["an end in the past", { expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    ["no machines", { machine_limit: 0 }, "machine_limit"],
    ["a fact of standing", { note: "n", admin_state: "none" }, ""],
  ])("is refused with %s", async (_, body, path) => {
    const { id } = await issueLicense();
    const response = await amend(id, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path }] });
    expect(await count("audit", "action = 'license.amend'")).toBe(0);
  });

  it("needs licenses:issue, and an owner for many machines", async () => {
    const { id } = await issueLicense();
    expect(await codeOf(await amend(id, { note: "n" }, { scopes: ["licenses:write"] }))).toBe("INSUFFICIENT_SCOPE");
    const many = { machine_limit: MOST_ISSUED + 1 };
    expect(await codeOf(await amend(id, many, { scopes: ["licenses:issue"] }))).toBe("INSUFFICIENT_SCOPE");
    expect((await amend(id, many)).status).toBe(200);
    expect(await codeOf(await amend("lic_nothing", { note: "n" }))).toBe("LICENSE_NOT_FOUND");
  });

  it("is braked by the day, as issuing is", async () => {
    const { id } = await issueLicense();
    const { token } = await makeToken(["licenses:issue"]);
    const at = { ...env, ACT_LIMITS: JSON.stringify({ amend: { alarm: 1, stop: 1 } }) };
    const postbox = { ...newPostbox(), env: at };
    const send = (note: string) =>
      askWith(postbox, "POST", `/v1/admin/licenses/${id}/amend`, {
        json: { reason: "r", note },
        headers: { Authorization: `Bearer ${token}` },
      });
    expect((await send("1")).status).toBe(200);
    expect(await codeOf(await send("2"))).toBe("RATE_LIMITED");
    expectLogged("acts.unusual");
  });
});

describe("amending the address of a license", () => {
  it("replaces the key, and ends the access of the old address", async () => {
    const postbox = newPostbox();
    const headers = { Authorization: `Bearer ${await ownerToken()}` };
    const { id, key } = await issueLicense({ email: "old@example.com" });
    const other = await issueLicense({ email: "old@example.com" });
    await activate(key, "m");
    const token = await activate(key, "m").then((response) => response.json<{ token: string }>());
    await askWith(postbox, "POST", "/v1/licenses/recover", { json: { email: "old@example.com" } });
    const link = /\/recover\/[\w-]{43}/.exec(postbox.letters[0]?.text ?? "")?.[0] ?? "";
    await askWith(postbox, "POST", "/v1/licenses/recover", { json: { email: "old@example.com" } });
    const unused = /\/recover\/[\w-]{43}/.exec(postbox.letters[1]?.text ?? "")?.[0] ?? "";
    const signedIn = await askWith(postbox, "POST", link);
    const cookie = { Cookie: signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "" };
    expect(await (await askWith(postbox, "GET", "/account", { headers: cookie })).text()).toContain(id);

    const json = { reason: "married", email: "New@Example.com" };
    const response = await askWith(postbox, "POST", `/v1/admin/licenses/${id}/amend`, { json, headers });
    expect(response.status).toBe(200);
    const body = await response.text();
    expect(body).toContain("new@example.com");
    expect(body).not.toMatch(/rbee_lic_/i);

    expect(await codeOf(await activate(key, "m"))).toBe("KEY_ROTATED");
    const renewal = { credential: token.token, body: { fingerprint: "m" } };
    expect(await codeOf(await hive("POST", "/v1/licenses/token", renewal))).toBe("KEY_ROTATED");
    expect((await askWith(postbox, "GET", "/account", { headers: cookie })).status).toBe(303);
    expect((await askWith(postbox, "POST", unused)).status).toBe(403);
    expect(await count("sessions", "subject = 'old@example.com'")).toBe(0);
    expect(await count("recovery_links", "email = 'old@example.com'")).toBe(0);
    const told = postbox.letters.slice(2);
    expect(told.map(({ to }) => to).sort()).toEqual(["new@example.com", "old@example.com"]);
    const [farewell, welcome] = told.toSorted((a, b) => String(b.to).localeCompare(String(a.to)));
    expect(`${farewell?.subject} ${farewell?.text} ${farewell?.html}`).not.toMatch(/new@example\.com|rbee_lic_/i);
    expect(farewell?.text).toContain("changed");
    const newKey = /rbee_lic_\w{55}/.exec(welcome?.text ?? "")?.[0] ?? "";
    expect((await activate(newKey, "m")).status).toBe(200);
    // The seat stays, and the other license of the old address is as it was.
    expect(await count("machines", `license_id = '${id}' AND deactivated_at IS NULL`)).toBe(1);
    expect((await activate(other.key, "m")).status).toBe(201);
    expect(await count("audit", "details LIKE '%example.com%'")).toBe(0);
    expect(await entry()).toEqual({ email: "changed" });
  });

  it("keeps a mail that waits for the old address from taking the new key there", async () => {
    const postbox = newPostbox();
    postbox.before = async () => {
      throw new Error("the provider is down");
    };
    const headers = { Authorization: `Bearer ${await ownerToken()}` };
    const issue = { plan: "premium-lifetime", email: "old@example.com" };
    const issued = await askWith(postbox, "POST", "/v1/admin/licenses", { json: issue, headers });
    const { license } = await issued.json<{ license: { id: string } }>();
    expect(await count("mails", "recipient = 'old@example.com' AND sent_at IS NULL")).toBe(1);
    const json = { reason: "typing error", email: "new@example.com" };
    await askWith(postbox, "POST", `/v1/admin/licenses/${license.id}/amend`, { json, headers });
    expectLogged("mail.failed");
    expect(await count("mails", "kind = 'license_key' AND recipient = 'old@example.com'")).toBe(0);
    expect(await count("mails", "kind = 'address_changed' AND recipient = 'old@example.com'")).toBe(1);
  });

  it("drops a mail that a sender had taken before, because it would be written with the new key", async () => {
    const { id } = await issueLicense({ email: "old@example.com" });
    await env.DB.prepare(
      `INSERT INTO mails (id, license_id, kind, occasion, recipient, data, created_at, next_attempt_at)
       SELECT kind, ?, kind, 'o', 'old@example.com', '{}', 0, 0 FROM (SELECT 'license_key' AS kind UNION SELECT 'address_changed')`,
    )
      .bind(id)
      .run();
    await env.DB.prepare("UPDATE licenses SET email = 'new@example.com' WHERE id = ?").bind(id).run();
    const postbox = newPostbox();
    await sendDueMails(postbox.env, currentTime());
    expect(postbox.letters.map(({ subject }) => subject)).toEqual(["Your rbee license has a new email address"]);
    expect(await count("mails", "sent_at IS NULL")).toBe(0);
  });
});

describe("issuing a license", () => {
  it("takes the same fields, instead of those of the plan", async () => {
    const body = {
      ...{ plan: "premium-lifetime", email: "ada@example.com", send_mail: false, machine_limit: 3, note: "n" },
      ...{ versions: "<5.0.0", entitlements: ["llm-worker-rbee-premium-cpu"], updates_until: "2030-01-01T00:00:00Z" },
      expires_at: "2031-01-01T00:00:00Z",
    };
    const response = await ask("POST", "/v1/admin/licenses", { token: await ownerToken(), body });
    expect(response.status).toBe(201);
    const { send_mail: _, ...wanted } = body;
    expect(await response.json()).toMatchObject({ license: wanted });
    const details = await env.DB.prepare("SELECT details FROM audit WHERE action = 'license.issue'").first("details");
    expect(JSON.parse(String(details))).toMatchObject({ versions: "<5.0.0", machine_limit: 3 });
  });
});
