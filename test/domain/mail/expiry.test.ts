import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { queueExpiryMails } from "../../../src/domain/mail/expiry.ts";
import { currentTime, DAY, HOUR, toRfc3339 } from "../../../src/lib/time.ts";
import { adminAct, issueLicense } from "../../support/license-fixture.ts";

const now = currentTime();
const END = now + 60 * DAY;

async function license(end: number = END): Promise<string> {
  return (await issueLicense({ plan: "premium-trial", expires_at: toRfc3339(end) })).id;
}

const queued = async (): Promise<string[]> =>
  (await env.DB.prepare("SELECT kind FROM mails ORDER BY id").all<{ kind: string }>()).results.map(({ kind }) => kind);

describe("mails about the end of a license", () => {
  it("are sent once seven days before and once at the end, however often the cron runs", async () => {
    await license();
    await queueExpiryMails(env.DB, END - 7 * DAY - 1);
    expect(await queued()).toEqual([]);
    for (let at = END - 7 * DAY; at < END; at += 12 * HOUR) await queueExpiryMails(env.DB, at);
    expect(await queued()).toEqual(["license_expiring"]);
    for (let at = END; at < END + 10 * DAY; at += 12 * HOUR) await queueExpiryMails(env.DB, at);
    expect(await queued()).toEqual(["license_expiring", "license_expired"]);
  });

  it("are sent late after a cron that did not run, but not long after the end", async () => {
    await license();
    await queueExpiryMails(env.DB, END + 3 * DAY + 1);
    expect(await queued()).toEqual([]);
    await queueExpiryMails(env.DB, END + 2 * DAY);
    expect(await queued()).toEqual(["license_expired"]);
  });

  it("are sent again for a new end", async () => {
    const id = await license();
    await queueExpiryMails(env.DB, END - DAY);
    expect((await adminAct(id, "extend", { days: 30 })).status).toBe(200);
    await queueExpiryMails(env.DB, END - DAY);
    expect(await queued()).toEqual(["license_expiring"]);
    await queueExpiryMails(env.DB, END + 24 * DAY);
    expect(await queued()).toEqual(["license_expiring", "license_expiring"]);
  });

  it("are sent for all of many licenses that end at once", async () => {
    await license();
    await queueExpiryMails(env.DB, END - DAY);
    await license(END);
    await license(END + HOUR);
    await env.DB.prepare("DELETE FROM mails").run();
    await Promise.all([queueExpiryMails(env.DB, END - DAY), queueExpiryMails(env.DB, END - DAY)]);
    expect(await queued()).toHaveLength(3);
  });

  it.each([
    ["a revoked one", "admin_state = 'revoked'"],
    ["one with a running dispute", "dispute_state = 'open'"],
    ["a subscription, which Stripe's events speak for", "subscription_state = 'active'"],
    ["one that never ends", "expires_at = NULL"],
  ])("are not sent for %s", async (_, facts) => {
    const id = await license();
    await env.DB.prepare(`UPDATE licenses SET ${facts} WHERE id = ?`).bind(id).run();
    for (const at of [END - DAY, END + HOUR]) await queueExpiryMails(env.DB, at);
    expect(await queued()).toEqual([]);
  });

  it("are not sent in advance for a license of a week or less", async () => {
    await license(now + 7 * DAY);
    await queueExpiryMails(env.DB, now + DAY);
    expect(await queued()).toEqual([]);
    await queueExpiryMails(env.DB, now + 7 * DAY);
    expect(await queued()).toEqual(["license_expired"]);
  });
});
