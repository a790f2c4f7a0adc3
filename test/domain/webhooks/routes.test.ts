import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { ask, codeOf, makeToken } from "../../support/admin-request.ts";
import { adminAct, issueLicense } from "../../support/license-fixture.ts";
import { addHook, askWebhooks, deliver, readHook, verified, webhooks } from "../../support/webhook-fixture.ts";

const URL_OF_CRM = "https://crm.example.com/hooks/rbee";
const LICENSES = { types: ["license.*"] };

const auditOf = async (id: string) => {
  const { token } = await makeToken(["audit:read"]);
  const { entries } = await (await ask("GET", `/v1/admin/audit?subject=${id}`, { token })).json<{
    entries: { action: string; reason: string | null; details: object }[];
  }>();
  return entries.map(({ action, reason, details }) => ({ action, reason, details }));
};

describe("webhook endpoints", () => {
  it("are added with a secret, listed, and never show the secret again", async () => {
    const wanted = { url: URL_OF_CRM, description: "CRM", types: ["license.*", "license.*", "machine.activate"] };
    const { endpoint, secret } = await webhooks("POST", "", { ...wanted, reason: "the CRM follows licenses" });
    expect(secret).toMatch(/^whsec_/);
    expect(endpoint).toMatchObject({
      ...{ id: expect.stringMatching(/^whe_/), url: URL_OF_CRM, description: "CRM", state: "enabled" },
      ...{ types: ["license.*", "machine.activate"], disabled_by: null, pending: 0, failed: 0 },
    });
    const listed = await (await askWebhooks("GET")).text();
    expect(listed).toContain(endpoint.id);
    for (const text of [
      listed,
      JSON.stringify((await env.DB.prepare("SELECT * FROM webhook_endpoints").all()).results),
    ])
      expect(text).not.toContain(secret.slice("whsec_".length));
    // The path of the URL may be a secret of the receiver.
    expect(await auditOf(endpoint.id)).toEqual([
      {
        action: "webhook.add",
        reason: "the CRM follows licenses",
        details: { host: "crm.example.com", types: endpoint["types" as never], after: expect.any(Number) },
      },
    ]);
  });

  it("show the path of their URL, which may be the receiver's secret, only to an admin who may change them", async () => {
    const { endpoint } = await webhooks("POST", "", { url: `${URL_OF_CRM}/s3cret?key=s3cret`, reason: "r" });
    const { token } = await makeToken(["audit:read"]);
    for (const path of ["", `/${endpoint.id}`]) {
      const shown = await (await ask("GET", `/v1/admin/webhooks${path}`, { token })).text();
      expect(shown).toContain('"https://crm.example.com/..."');
      expect(shown).not.toContain("s3cret");
      expect(await (await askWebhooks("GET", path)).text()).toContain("s3cret");
    }
  });

  it("are added once by a repeated request, which shows the same secret", async () => {
    const { token } = await makeToken(["webhooks:write"]);
    const body = { url: URL_OF_CRM, reason: "r" };
    const headers = { "Idempotency-Key": "terraform-1" };
    const [first, again] = [
      await ask("POST", "/v1/admin/webhooks", { token, body, headers }),
      await ask("POST", "/v1/admin/webhooks", { token, body, headers }),
    ];
    expect(await again.json()).toEqual(await first.clone().json());
    const { endpoint, secret } = (await first.clone().json()) as { endpoint: { id: string }; secret: string };
    await webhooks("POST", `/${endpoint.id}/rotate-secret`, { reason: "seen in a log", overlap_hours: 0 });
    const late = await ask("POST", "/v1/admin/webhooks", { token, body, headers });
    expect(await late.json()).toMatchObject({ secret });
    const other = await ask("POST", "/v1/admin/webhooks", {
      token,
      body: { ...body, types: ["license.buy"] },
      headers,
    });
    expect(await codeOf(other)).toBe("CONFLICT");
  });

  it.each([
    [{ url: "http://crm.example.com/" }, "url"],
    [{ url: "https://10.0.0.1/" }, "url"],
    [{ url: "https://catalog.test/v1/stripe/webhook" }, "url"],
    [{ url: "" }, "url"],
    [{ url: URL_OF_CRM, types: ["license.revoked"] }, "types.0"],
    [{ url: URL_OF_CRM, types: ["license.*", "*"] }, "types.1"],
    [{ url: URL_OF_CRM, after: 1_000_000 }, "after"],
    [{ url: URL_OF_CRM, description: "a\u0000b" }, "description"],
    [{ url: URL_OF_CRM, secret: "whsec_mine" }, ""],
  ])("are refused with a fault: %j", async (body, path) => {
    const answer = await askWebhooks("POST", "", { reason: "r", ...body });
    const { code, errors } = await answer.json<{ code: string; errors: { path: string }[] }>();
    expect([code, errors[0]?.path]).toEqual(["VALIDATION_FAILED", path]);
  });

  it("are 20 at most", async () => {
    for (let n = 0; n < 20; n++) await webhooks("POST", "", { url: `${URL_OF_CRM}/${n}`, reason: "r" });
    const refused = await askWebhooks("POST", "", { url: URL_OF_CRM, reason: "r" });
    expect(await codeOf(refused)).toBe("CONFLICT");
    const { endpoints, next_cursor } = await webhooks<{ endpoints: { id: string }[]; next_cursor: string }>(
      "GET",
      "?limit=15",
    );
    const rest = await webhooks<{ endpoints: object[] }>("GET", `?cursor=${next_cursor}`);
    expect([endpoints.length, rest.endpoints.length]).toEqual([15, 5]);
    await webhooks("DELETE", `/${endpoints[0]?.id}`, { reason: "r" });
    await webhooks("POST", "", { url: URL_OF_CRM, reason: "r" });
  });

  it("are for admins with webhooks:write, and to read with audit:read", async () => {
    const { endpoint } = await webhooks("POST", "", { url: URL_OF_CRM, reason: "r" });
    const { token: reader } = await makeToken(["audit:read"]);
    const { token: support } = await makeToken(["licenses:write", "tokens:write", "releases:write", "stats:read"]);
    const path = `/v1/admin/webhooks/${endpoint.id}`;
    for (const read of ["/v1/admin/webhooks", path, `${path}/deliveries`]) {
      expect([read, (await ask("GET", read, { token: reader })).status]).toEqual([read, 200]);
      expect(await codeOf(await ask("GET", read, { token: support }))).toBe("INSUFFICIENT_SCOPE");
    }
    const acts = ["change", "rotate-secret", "disable", "enable", "replay", "deliveries/1/replay", "test"];
    for (const act of [...acts.map((name) => `${path}/${name}`), "/v1/admin/webhooks"]) {
      const answer = await ask("POST", act, { token: reader, body: { reason: "r" } });
      expect([act, await codeOf(answer)]).toEqual([act, "INSUFFICIENT_SCOPE"]);
    }
    expect(await codeOf(await ask("DELETE", path, { token: reader, body: { reason: "r" } }))).toBe(
      "INSUFFICIENT_SCOPE",
    );
    // Who may send the trail to others may read it.
    const { token: writer } = await makeToken(["webhooks:write"]);
    expect((await ask("GET", "/v1/admin/events", { token: writer })).status).toBe(200);
  });

  it("change their URL, description and types; what is queued goes to the new URL", async () => {
    const [old, other] = [await addHook(LICENSES), await addHook(LICENSES)];
    await old.receiver.willAnswer([], { status: 204 });
    await issueLicense();
    const changed = { url: other.receiver.url, description: "moved", types: ["license.*", "machine.*"] };
    const { endpoint } = await webhooks("POST", `/${old.id}/change`, { ...changed, reason: "moved" });
    expect(endpoint).toMatchObject(changed);
    await deliver(old);
    expect([(await old.receiver.received()).length, (await other.receiver.received()).length]).toEqual([0, 1]);
    const again = await webhooks("POST", `/${old.id}/change`, { ...changed, reason: "again" });
    expect(again.endpoint).toMatchObject(changed);
    expect((await auditOf(old.id)).map(({ action }) => action)).toEqual(["webhook.change", "webhook.add"]);
    expect(
      await codeOf(await askWebhooks("POST", `/${old.id}/change`, { url: "https://10.0.0.1/", reason: "r" })),
    ).toBe("VALIDATION_FAILED");
  });

  it("sign with both secrets for the hours of the overlap, and with the new one alone without", async () => {
    const hook = await addHook(LICENSES);
    const rotated = await webhooks("POST", `/${hook.id}/rotate-secret`, { reason: "yearly" });
    expect(rotated.secret).not.toBe(hook.secret);
    expect(rotated.endpoint.former_secret_until).not.toBeNull();
    await issueLicense();
    await deliver(hook);
    expect(await verified(hook)).toHaveLength(1);
    expect(await verified({ ...hook, secret: rotated.secret })).toHaveLength(1);
    const leaked = await webhooks("POST", `/${hook.id}/rotate-secret`, { reason: "leaked", overlap_hours: 0 });
    await issueLicense();
    await deliver(hook);
    const [, { headers, body } = { headers: {}, body: "" }] = await hook.receiver.received();
    new Webhook(leaked.secret).verify(body, headers);
    expect(() => new Webhook(rotated.secret).verify(body, headers)).toThrow();
  });

  it("that are disabled get nothing, and all of it once they are enabled; or only what happens then", async () => {
    const [patient, skipping] = [await addHook(LICENSES), await addHook(LICENSES)];
    for (const { id } of [patient, skipping]) await webhooks("POST", `/${id}/disable`, { reason: "maintenance" });
    expect(await readHook(patient)).toMatchObject({ state: "disabled", disabled_by: "admin" });
    const { id } = await issueLicense();
    for (const hook of [patient, skipping]) await deliver(hook);
    for (const act of ["replay", "deliveries/1/replay", "test"]) {
      const refused = await askWebhooks("POST", `/${patient.id}/${act}`, { reason: "r" });
      expect([act, await codeOf(refused)]).toEqual([act, act.includes("1") ? "NOT_FOUND" : "CONFLICT"]);
    }
    await webhooks("POST", `/${patient.id}/enable`, { reason: "back" });
    await webhooks("POST", `/${skipping.id}/enable`, { reason: "back", skip: true });
    await adminAct(id, "suspend", { reason: "r" });
    for (const hook of [patient, skipping]) await deliver(hook);
    const types = async (hook: typeof patient) => (await verified(hook)).map(({ type }) => type);
    expect(await types(patient)).toEqual(["license.issue", "license.suspend"]);
    expect(await types(skipping)).toEqual(["license.suspend"]);
  });

  it("that are removed get nothing more, and no act but another removal", async () => {
    const hook = await addHook(LICENSES);
    await issueLicense();
    const removed = await webhooks("DELETE", `/${hook.id}`, { reason: "replaced" });
    expect(removed.endpoint).toMatchObject({ state: "removed" });
    await webhooks("DELETE", `/${hook.id}`, { reason: "again" });
    await deliver(hook);
    expect(await hook.receiver.received()).toEqual([]);
    for (const act of ["change", "rotate-secret", "disable", "enable", "replay", "test"]) {
      const refused = await askWebhooks("POST", `/${hook.id}/${act}`, { reason: "r" });
      expect([act, await codeOf(refused)]).toEqual([act, "CONFLICT"]);
    }
    const unknown = "whe_06b4m2v8w5r7q1t3x9z2k4n6p8";
    expect(await codeOf(await askWebhooks("GET", `/${unknown}`))).toBe("NOT_FOUND");
    expect(await codeOf(await askWebhooks("DELETE", `/${unknown}`, { reason: "r" }))).toBe("NOT_FOUND");
  });
});

describe("deliveries of an endpoint", () => {
  it("are listed by event, newest first, and can be sent again one by one", async () => {
    const hook = await addHook(LICENSES);
    for (let n = 0; n < 3; n++) await issueLicense();
    await deliver(hook);
    type List = { deliveries: { sequence: number; state: string }[]; next_cursor: string | null };
    const { deliveries, next_cursor } = await webhooks<List>("GET", `/${hook.id}/deliveries?limit=2`);
    const rest = await webhooks<List>("GET", `/${hook.id}/deliveries?limit=2&cursor=${next_cursor}`);
    const numbers = [...deliveries, ...rest.deliveries].map(({ sequence }) => sequence);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => b - a));
    expect([numbers.length, rest.next_cursor]).toEqual([3, null]);
    const path = `/${hook.id}/deliveries/${numbers[2]}/replay`;
    expect(await webhooks("POST", path, { reason: "lost there" })).toEqual({ replayed: 1 });
    // It waits already, so the second request changes nothing.
    expect(await webhooks("POST", path, { reason: "lost there" })).toEqual({ replayed: 0 });
    await deliver(hook);
    const events = await verified(hook);
    expect(events.map(({ sequence }) => sequence)).toEqual([numbers[2], numbers[1], numbers[0], numbers[2]]);
    expect(events[3]).toEqual(events[0]);
    const from = { from: numbers[1], state: "any", reason: "since yesterday" };
    expect(await webhooks("POST", `/${hook.id}/replay`, from)).toEqual({ replayed: 2 });
  });
});
