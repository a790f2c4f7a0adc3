import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { currentTime } from "../../../src/lib/time.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { probeStores } from "../../../src/platform/storage/health.ts";
import { queueMail } from "../../../src/platform/storage/mail-outbox.ts";
import { configFacts } from "../../../src/web/console/system/data.ts";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { csrfTokenIn } from "../../support/cookie-browser.ts";
import { find } from "../../support/html-document.ts";
import { HeldQueue, runCronAndJobs } from "../../support/jobs.ts";
import { count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { newPostbox } from "../../support/postbox.ts";

afterEach(() => vi.restoreAllMocks());

const actions = async (): Promise<unknown[]> =>
  (
    await env.DB.prepare(
      "SELECT action FROM audit WHERE action NOT LIKE 'license.%' AND action NOT LIKE 'token.%' AND action NOT LIKE 'console.%' ORDER BY id",
    ).all()
  ).results.map(({ action }) => action);

describe("system page", () => {
  it("it says that nothing is late", async () => {
    await runCronAndJobs();
    const page = await read(await signedIn(), "/admin/system");
    expect((page.match(/>Healthy</g) ?? []).length).toBe(4);
    for (const text of ["No backlog", "No unprocessed event", "No unsent email", "No unpublished change"])
      expect(page).toContain(text);
    expect(page).toContain("Last run of the cron");
    expect(page).toContain("0012_usage.sql");
  });

  it("it shows a store that is down, and a missing cron", async () => {
    const EDGE = { ...env.EDGE, get: () => Promise.reject(new Error("KV GET failed: 500")) } as unknown as KVNamespace;
    const page = await read(await signedIn(["stats:read"], { ...env, EDGE }), "/admin/system");
    expect((page.match(/>Down</g) ?? []).length).toBe(1);
    expect(page).toContain("The cron has not run for ten minutes");
    expectLogged("health.failed");
  });

  it("it waits three seconds for a store that hangs", async () => {
    const BINARIES = { head: () => new Promise<never>(() => {}) } as unknown as R2Bucket;
    const { ledger, edge, binaries } = await probeStores({ ...env, BINARIES });
    expect([ledger.answers, edge.answers, binaries.answers]).toEqual([true, true, false]);
    expect(expectLogged("health.failed")).toHaveLength(1);
  });

  it("it shows no secret, and mail addresses only with licenses:read", async () => {
    const { LICENSE_KEY_SECRET, LICENSE_SIGNING_KEY, DOWNLOAD_LINK_SECRET } = env;
    const config = { ...configOf(env), STRIPE_SECRET_KEY: "sk_test_c0ffee", STRIPE_WEBHOOK_SECRET: "whsec_c0ffee" };
    const facts = JSON.stringify(configFacts(config));
    for (const secret of [LICENSE_KEY_SECRET, LICENSE_SIGNING_KEY, DOWNLOAD_LINK_SECRET, "c0ffee"])
      expect(facts).not.toContain(secret);
    const now = currentTime();
    await queueMail(env.DB, {
      licenseId: null,
      kind: "recovery_link",
      occasion: "o",
      to: "ada@example.com",
      data: {},
      now,
    }).run();
    expect(await read(await signedIn(["stats:read"]), "/admin/system")).not.toContain("ada@example.com");
    expect(await read(await signedIn(["stats:read", "licenses:read"]), "/admin/system")).toContain("ada@example.com");
  });
});

describe("pending work", () => {
  it("the button publishes pending changes, and the audit trail records it", async () => {
    const { id } = await issueLicense();
    await env.EDGE.delete(`license:${id}`);
    await env.DB.prepare("INSERT INTO outbox VALUES ('chg_left', 'license', ?, ?)")
      .bind(id, currentTime() - 300)
      .run();
    const browser = await signedIn(["stats:read", "licenses:write"]);
    expect(await read(browser, "/admin/system")).toContain("1 change not published yet");
    const response = await browser.post("/admin/system/publish", {
      form: { csrf_token: csrfTokenIn(await read(browser, "/admin/system")) },
    });
    expect(response.headers.get("Location")).toBe("/admin/system?done=published");
    expect(await env.EDGE.get(`license:${id}`)).not.toBeNull();
    expect([await count("outbox"), await actions()]).toEqual([0, ["outbox.publish"]]);
  });

  it("an admin without licenses:write sees no buttons", async () => {
    await env.DB.prepare("INSERT INTO outbox VALUES ('chg_left', 'license', 'lic_1', 1)").run();
    const page = await read(await signedIn(["stats:read", "licenses:read"]), "/admin/system");
    expect(page).toContain("lic_1");
    expect(page).not.toContain("Publish now");
  });

  it("a mail that was given up is sent once by its button", async () => {
    const now = currentTime();
    const postbox = newPostbox();
    const { id } = await issueLicense();
    await queueMail(env.DB, {
      licenseId: id,
      kind: "license_expiring",
      occasion: "o",
      to: "ada@example.com",
      data: {},
      now,
    }).run();
    await env.DB.prepare("UPDATE mails SET attempts = 10, next_attempt_at = NULL, last_error = 'E_DOWN'").run();
    const browser = await signedIn(["owner"], postbox.env);
    const page = await read(browser, "/admin/system");
    expect(page).toContain("Given up");
    const [form] = (await find(new Response(page), "form")).filter(({ attributes }) =>
      attributes["action"]?.includes("/mails/"),
    );
    const path = form?.attributes["action"] ?? "";
    const context = createExecutionContext();
    const again = () => browser.post(path, { form: { csrf_token: csrfTokenIn(page) } });
    expect((await again()).headers.get("Location")).toBe("/admin/system?done=mail-queued");
    await waitOnExecutionContext(context);
    expect(postbox.letters.map(({ to }) => to)).toEqual(["ada@example.com"]);
    expect((await again()).headers.get("Location")).toBe("/admin/system?done=mail-kept");
    expect([postbox.letters.length, await actions()]).toEqual([1, ["mail.retry"]]);
  });

  it("a mail that a sender may hold is not retried", async () => {
    const now = currentTime();
    await queueMail(env.DB, {
      licenseId: null,
      kind: "recovery_link",
      occasion: "o",
      to: "a@example.com",
      data: {},
      now,
    }).run();
    await env.DB.prepare("UPDATE mails SET attempts = 1, next_attempt_at = ?")
      .bind(now + 300)
      .run();
    const mail = await env.DB.prepare("SELECT id FROM mails").first<string>("id");
    const browser = await signedIn();
    expect(await read(browser, "/admin/system")).not.toContain("Send now");
    await browser.post(`/admin/system/mails/${mail}/retry`, {
      form: { csrf_token: csrfTokenIn(await read(browser, "/admin/system")) },
    });
    expect(await count("mails", "attempts = 1")).toBe(1);
    expect(await actions()).toEqual([]);
  });
});

describe("republication in the console", () => {
  it("it asks for a reason, shows a preview, and restores lost records in KV", async () => {
    const licenses = [await issueLicense(), await issueLicense()];
    for (const { id } of licenses) await env.EDGE.delete(`license:${id}`);
    const queue = new HeldQueue();
    const held = { ...env, JOBS: queue.binding };
    const owner = await signedIn(undefined, held);
    const { preview, response } = await act(owner, "/admin/system/republish", { reason: "restored" });
    expect(preview).toContain("some thousand a minute");
    expect(response.headers.get("Location")).toBe("/admin/system?done=republished");
    await queue.deliverAll(held);
    for (const { id } of licenses) expect(await env.EDGE.get(`license:${id}`)).not.toBeNull();
    expect(await actions()).toEqual(["edge.republish"]);
    const refused = await send(await signedIn(), "/admin/system/republish", { reason: "" });
    expect(refused.status).toBe(422);
  });
});
