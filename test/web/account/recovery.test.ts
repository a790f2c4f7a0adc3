import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { sendDueMails } from "../../../src/domain/mail/sender.ts";
import { currentTime, DAY, HOUR, MINUTE } from "../../../src/lib/time.ts";
import { forgetRecoveryLinks } from "../../../src/platform/identity/recovery-link.ts";
import { newAddress } from "../../support/admin-request.ts";
import { TestBrowser } from "../../support/cookie-browser.ts";
import { mailedPath, pageAt, send, signedInByMail } from "../../support/customer.ts";
import { hookedLedger } from "../../support/hooked-ledger.ts";
import { adminAct, count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged, logged } from "../../support/logged.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";
import { askWith, newPostbox, type Postbox } from "../../support/postbox.ts";

const RECOVER = "/v1/licenses/recover";
const ADA = "ada@example.com";

let postbox: Postbox;
beforeEach(() => {
  postbox = newPostbox();
});

const recover = (email: string, headers: Record<string, string> = {}) =>
  askWith(postbox, "POST", RECOVER, { json: { email }, headers });

async function linkFor(email: string): Promise<string> {
  expect((await recover(email)).status).toBe(202);
  return mailedPath(postbox);
}

/** The headers that differ between any two responses. */
const OWN = ["x-request-id", "server-timing"];

/** A response as its client sees it, without the headers that always differ. */
async function seen(response: Response): Promise<unknown> {
  const headers = [...response.headers].filter(([name]) => !OWN.includes(name));
  return { status: response.status, headers, body: await response.text() };
}

/** The content of every table. */
async function dump(): Promise<string> {
  const tables = ["mails", "recovery_links", "sessions", "audit", "licenses", "outbox"];
  const results = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
  return JSON.stringify(results.map(({ results }) => results));
}

describe("a request for a recovery link", () => {
  it.each(["api", "page", "field"] as const)("reveals no customer by the %s", async (way) => {
    await issueLicense();
    const askFor = async (email: string) =>
      seen(
        way === "api"
          ? await recover(email)
          : way === "page"
            ? await askWith(postbox, "POST", "/account/sign-in/link", { form: { email } })
            : await askWith(postbox, "POST", "/account/sign-in", { form: { key: email } }),
      );
    const known = await askFor(ADA);
    expect(known).toMatchObject({ status: 202 });
    expect(await askFor("nobody@example.com")).toEqual(known);
    expect(await askFor(` ${ADA.toUpperCase()} `)).toEqual(known);
    expect(JSON.stringify(known)).not.toContain(ADA);
    expect(postbox.letters.map(({ to }) => to)).toEqual([ADA, ADA]);
    expect(await count("recovery_links")).toBe(2);
    expect(await count("mails", "recipient = 'nobody@example.com'")).toBe(0);
  });

  it("gets the same answer during an outage of the mail provider, and later a mail with the full 30 minutes", async () => {
    await issueLicense();
    postbox.before = async () => {
      throw new Error("down");
    };
    expect((await recover(ADA)).status).toBe(202);
    postbox.before = async () => {};
    // An outage of two hours.
    await env.DB.prepare("UPDATE recovery_links SET expires_at = expires_at - ?")
      .bind(2 * HOUR)
      .run();
    await sendDueMails(postbox.env, currentTime() + MINUTE);
    expect((await askWith(postbox, "POST", mailedPath(postbox))).status).toBe(303);
    expectLogged("mail.failed");
  });

  it("is answered before any write, so that the timing reveals no customer", async () => {
    await issueLicense();
    let letWrite = () => {};
    const held = new Promise<void>((resolve) => {
      letWrite = resolve;
    });
    const writesLater = hookedLedger((run) => held.then(run));
    const context = createExecutionContext();
    const response = await app.fetch(
      new Request(`https://catalog.test${RECOVER}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "CF-Connecting-IP": newAddress() },
        body: JSON.stringify({ email: ADA }),
      }),
      { ...postbox.env, DB: writesLater },
      context,
    );
    expect(response.status).toBe(202);
    letWrite();
    await waitOnExecutionContext(context);
    expect(postbox.letters).toHaveLength(1);
  });

  it.each([
    ["no address", { email: "nobody" }],
    ["nothing", {}],
    ["two addresses", { email: "a@example.com,b@example.com" }],
    ["a line break", { email: "a@example.com\r\nBcc: b@example.com" }],
    ["more than an address", { email: ADA, admin: true }],
  ])("is refused with %s", async (_, json) => {
    expect((await askWith(postbox, "POST", RECOVER, { json })).status).toBe(422);
    expect(postbox.calls).toBe(0);
  });
});

describe("a recovery link", () => {
  it("opens every license of its address, and no other", async () => {
    const mine = [await issueLicense(), await issueLicense({ plan: "premium-trial" })];
    const other = await issueLicense({ email: "grace@example.com" });
    await adminAct(mine[1]?.id ?? "", "revoke");
    const browser = await signedInByMail(ADA, postbox);
    const html = await pageAt(browser);
    for (const { id, key } of mine) {
      expect(html).toContain(id);
      expect(html).not.toContain(key);
      expect(await (await send(browser, `/account/licenses/${id}/key`)).text()).toContain(key);
    }
    expect(html).toContain("Revoked");
    expect(html).not.toContain(other.id);
  });

  it("leads to the current key", async () => {
    const { id, key } = await issueLicense();
    const browser = await signedInByMail(ADA, postbox);
    await env.DB.prepare("UPDATE licenses SET generation = 1").run();
    const html = await (await send(browser, `/account/licenses/${id}/key`)).text();
    expect(html).toMatch(/rbee_lic_\w{55}/);
    expect(html).not.toContain(key);
  });

  it("is used up by its button and not by a visit", async () => {
    await issueLicense();
    const path = await linkFor(ADA);
    const browser = new TestBrowser({ bindings: postbox.env });
    for (let i = 0; i < 3; i++) {
      expect(await pageAt(browser, path)).toContain('<form method="post">');
      expect(browser.cookies.size).toBe(0);
    }
    expect((await browser.post(path)).status).toBe(303);
    await pageAt(browser);
    for (const method of ["GET", "POST"]) {
      const again = await askWith(postbox, method, path);
      expect([again.status, again.headers.get("Set-Cookie")]).toEqual([410, null]);
      expect(again.headers.get("Content-Type")).toContain("text/html");
    }
  });

  it.each([".", ">", ")", "%20", "%22,", "?utm_source=mail"])(
    "works with %j behind it, as mail programs copy",
    async (behind) => {
      await issueLicense();
      const path = await linkFor(ADA);
      expect((await askWith(postbox, "GET", path + behind)).status).toBe(200);
      expect((await askWith(postbox, "POST", path + behind)).status).toBe(303);
    },
  );

  it("is refused from another site (login CSRF)", async () => {
    await issueLicense();
    const path = await linkFor(ADA);
    const victim = new TestBrowser({ bindings: postbox.env });
    const response = await victim.post(path, { headers: { "Sec-Fetch-Site": "cross-site" } });
    expect([response.status, victim.cookies.size]).toEqual([403, 0]);
    expect(await count("recovery_links", "used_at IS NOT NULL")).toBe(0);
  });

  it("works once in twenty concurrent requests, with one session and one audit entry", async () => {
    const { id } = await issueLicense();
    const path = await linkFor(ADA);
    const answers = await Promise.all(Array.from({ length: 20 }, () => askWith(postbox, "POST", path)));
    expect(answers.filter((answer) => answer.headers.has("Set-Cookie"))).toHaveLength(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array<number>(19).fill(410)]);
    expect(await count("sessions")).toBe(1);
    const entry = await env.DB.prepare("SELECT actor, details FROM audit WHERE action = 'account.sign-in'").all();
    expect(entry.results).toEqual([
      { actor: expect.stringMatching(/^recovery:rec_/), details: `{"licenses":["${id}"]}` },
    ]);
  });

  it("expires after 30 minutes", async () => {
    await issueLicense();
    const path = await linkFor(ADA);
    await env.DB.prepare("UPDATE recovery_links SET expires_at = ?").bind(currentTime()).run();
    for (const method of ["GET", "POST"]) expect((await askWith(postbox, method, path)).status).toBe(410);
    expect(await count("recovery_links", "used_at IS NOT NULL")).toBe(0);
  });

  it.each(["x", "A".repeat(43), "A".repeat(4000), "%2e%2e%2f", "' OR 1=1 --"])(
    "cannot be forged: %s",
    async (token) => {
      await issueLicense();
      await linkFor(ADA);
      for (const method of ["GET", "POST"]) {
        const response = await askWith(postbox, method, `/recover/${encodeURIComponent(token)}`);
        expect(response.status).toBe(403);
        expect(await response.text()).toContain("/recover");
      }
      expect(await count("recovery_links", "used_at IS NOT NULL")).toBe(0);
    },
  );

  it("is only in the mail: neither it nor a key is in D1 or the log", async () => {
    const { key } = await issueLicense();
    const path = await linkFor(ADA);
    await askWith(postbox, "POST", path);
    const token = path.replace("/recover/", "");
    expect(token).toHaveLength(43);
    const kept = (await dump()) + JSON.stringify(logged());
    for (const secret of [token, key]) expect(kept).not.toContain(secret);
  });

  it("is deleted with its mail after a while", async () => {
    await issueLicense();
    await linkFor(ADA);
    await forgetRecoveryLinks(env.DB, currentTime() - DAY);
    expect(await count("recovery_links")).toBe(1);
    await forgetRecoveryLinks(env.DB, currentTime() + 1);
    expect([await count("recovery_links"), await count("mails")]).toEqual([0, 0]);
  });
});

describe("the form for a recovery link", () => {
  it("is the sign-in's one field: an address gets the link, and a stranger the same page", async () => {
    await issueLicense();
    const ask = (key: string) => askWith(postbox, "POST", "/account/sign-in", { form: { key } });
    const known = await ask(` Ada <${ADA.toUpperCase()}>\u200b`);
    const unknown = await ask("nobody@example.com");
    expect([known.status, unknown.status]).toEqual([202, 202]);
    expect(await known.text()).toBe(await unknown.text());
    expect((await askWith(postbox, "GET", mailedPath(postbox))).status).toBe(200);
    const wrong = await ask("ada@");
    expect([wrong.status, await wrong.text()]).toEqual([422, expect.stringContaining('value="ada@"')]);
  });

  it("is shown again with the typed text for an invalid address and past the rate limit", WITH_ROOM, async () => {
    await roomInMinute();
    const old = await askWith(postbox, "GET", "/recover");
    expect([old.status, old.headers.get("Location")]).toEqual([303, "/account/sign-in"]);
    for (const form of [{ email: "<b>nobody" }, {}]) {
      const response = await askWith(postbox, "POST", "/account/sign-in/link", { form });
      expect(response.status).toBe(422);
      const html = await response.text();
      expect(html).toContain('role="alert"');
      expect(html).not.toContain("<b>");
      if ("email" in form) expect(html).toContain('value="&lt;b&gt;nobody"');
    }
    const headers = { "CF-Connecting-IP": "192.0.2.8" };
    let last = new Response();
    for (let i = 0; i < 11; i++) {
      last = await askWith(postbox, "POST", "/account/sign-in/link", {
        form: { email: `p-${i}@example.com` },
        headers,
      });
    }
    expect(last.status).toBe(429);
    expect(await last.text()).toContain('value="p-10@example.com"');
  });
});
