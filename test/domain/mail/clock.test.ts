import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type LicensePatch, licenseRoot } from "../../../src/domain/licensing/license/store.ts";
import { tellByClock } from "../../../src/domain/mail/clock.ts";
import { ok } from "../../../src/lib/result.ts";
import { currentTime, DAY, HOUR, toRfc3339, type UnixSeconds } from "../../../src/lib/time.ts";
import { change } from "../../../src/platform/storage/change.ts";
import { adminAct, count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const now = currentTime();
const END = now + 60 * DAY;

async function license(end: UnixSeconds = END): Promise<string> {
  return (await issueLicense({ plan: "premium-lifetime", expires_at: toRfc3339(end) })).id;
}

/** Changes facts of a license as its payment does. */
const follow = (id: string, patch: LicensePatch, at: UnixSeconds = now) =>
  change(env.DB, licenseRoot, id, () => ok({ action: "license.follow-payment", patch }), {
    actor: { actor: "reconciliation", requestId: null, now: at },
  });

/** Runs the job to its end. */
async function tell(at: UnixSeconds): Promise<void> {
  let position: string | null = null;
  do position = (await tellByClock(env.DB, at, position))?.position ?? null;
  while (position !== null);
}

const queued = async (): Promise<string[]> =>
  (await env.DB.prepare("SELECT kind FROM mails ORDER BY created_at, kind").all<{ kind: string }>()).results.map(
    ({ kind }) => kind,
  );

describe("mails about the end of a license", () => {
  it("are sent once seven days before and once at the end, however often the cron runs", async () => {
    const id = await license();
    await tell(END - 7 * DAY - 1);
    expect(await queued()).toEqual([]);
    for (let at = END - 7 * DAY; at < END; at += 12 * HOUR) await tell(at);
    expect(await queued()).toEqual(["license_expiring"]);
    for (let at = END; at < END + 10 * DAY; at += 12 * HOUR) await tell(at);
    expect(await queued()).toEqual(["license_expiring", "license_ended"]);
    expect(await count("audit", `subject = '${id}' AND action = 'license.remind' AND actor = 'system'`)).toBe(1);
    expect(await count("audit", `subject = '${id}' AND action = 'license.lapse'`)).toBe(1);
  });

  it("are sent late after a cron that did not run, and only the one that is still true", async () => {
    await license();
    await tell(END + 30 * DAY);
    expect(await queued()).toEqual(["license_ended"]);
  });

  it("are sent again for a new end", async () => {
    const id = await license();
    await tell(END - DAY);
    expect((await adminAct(id, "extend", { days: 30 })).status).toBe(200);
    expect(await queued()).toEqual(["end_changed", "license_expiring"]);
    await tell(END + 24 * DAY);
    expect(await queued()).toEqual(["end_changed", "license_expiring", "license_expiring"]);
  });

  it("are sent for all of many licenses that end at once, by jobs that run at the same time", async () => {
    for (const end of [END, END, END + HOUR]) await license(end);
    await Promise.all([tell(END - DAY), tell(END - DAY)]);
    expect(await queued()).toHaveLength(3);
    await Promise.all([tell(END + DAY), tell(END + DAY), tell(END + 2 * DAY)]);
    expect((await queued()).filter((kind) => kind === "license_ended")).toHaveLength(3);
  });

  it("are sent for the other licenses if one fails, and for that one later", async () => {
    const [bad] = [await license(), await license()];
    await env.DB.prepare("UPDATE licenses SET entitlements = '{}' WHERE id = ?").bind(bad).run();
    await tell(END);
    expectLogged("license.untold");
    expect(await queued()).toEqual(["license_ended"]);
    await env.DB.prepare("UPDATE licenses SET entitlements = '[]' WHERE id = ?").bind(bad).run();
    await tell(END + HOUR);
    expect(await queued()).toEqual(["license_ended", "license_ended"]);
  });

  it.each<[string, LicensePatch]>([
    ["a revoked one", { admin_state: "revoked" }],
    ["one with a running dispute", { dispute_state: "open" }],
    ["one that never ends", { expires_at: null }],
  ])("are not sent for %s", async (_, facts) => {
    const id = await license();
    await follow(id, facts);
    const before = await queued();
    for (const at of [END - DAY, END + HOUR]) await tell(at);
    expect(await queued()).toEqual(before);
  });

  it("are not sent in advance for a license of a week or less", async () => {
    await license(now + 7 * DAY);
    await tell(now + DAY);
    expect(await queued()).toEqual([]);
    await tell(now + 7 * DAY);
    expect(await queued()).toEqual(["license_ended"]);
  });
});

describe("mails about a subscription that only the clock has changed", () => {
  it("tell a failed payment, and the end of its grace, once each", async () => {
    const id = await license();
    await follow(id, { subscription_state: "active", expires_at: END, grace_seconds: 7 * DAY });
    const failed = { subscription_state: "past_due", expires_at: END } as const;
    await follow(id, failed, END + HOUR);
    await tell(END + 7 * DAY - 1);
    expect(await queued()).toEqual(["payment_failed"]);
    for (let at = END + 7 * DAY; at < END + 9 * DAY; at += HOUR) await tell(at);
    expect(await queued()).toEqual(["payment_failed", "license_suspended"]);
    // Stripe gives up later: the license is on hold already, so there is nothing new to tell.
    await follow(id, { subscription_state: "suspended" }, END + 9 * DAY);
    expect(await queued()).toHaveLength(2);
    await follow(id, { subscription_state: "active", expires_at: END + 40 * DAY }, END + 10 * DAY);
    expect(await queued()).toEqual(["payment_failed", "license_suspended", "license_resumed"]);
  });

  it("are sent by the next change if the job has not run since", async () => {
    const id = await license();
    await follow(id, { subscription_state: "past_due", expires_at: now, grace_seconds: 7 * DAY });
    await follow(id, { machine_limit: 10 }, now + 8 * DAY);
    expect(await queued()).toEqual(["payment_failed", "license_suspended", "machine_limit_changed"]);
    await tell(now + 9 * DAY);
    expect(await queued()).toHaveLength(3);
  });
});

describe("licenses from before this was noted", () => {
  const older = (id: string) =>
    env.DB.prepare("UPDATE licenses SET told = NULL, tell_at = 0 WHERE id = ?").bind(id).run();

  it("are looked at by the first run, which mails about what has just ended, and nothing older", async () => {
    const [ended, longAgo, running] = [await license(now + 2 * DAY), await license(now + HOUR), await license()];
    for (const id of [ended, longAgo, running]) await older(id);
    await tell(now + 4 * DAY);
    expect(await queued()).toEqual(["license_ended"]);
    expect(await count("mails", `license_id = '${ended}'`)).toBe(1);
    expect(await count("licenses", "told IS NULL OR tell_at = 0")).toBe(0);
    await tell(END);
    expect(await count("mails", `license_id = '${running}'`)).toBe(1);
    expect(await count("mails", `license_id = '${longAgo}'`)).toBe(0);
  });
});
