import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { lastDays, readMoney, readUsageHistory } from "../../../src/domain/figures/usage.ts";
import { readNetOfDay } from "../../../src/domain/money/revenue.ts";
import { currentTime, DAY, startOfDay } from "../../../src/lib/time.ts";
import type { Action } from "../../../src/platform/storage/actions.ts";
import { commitChange, newChange } from "../../../src/platform/storage/ledger.ts";
import { foldDownloads } from "../../../src/platform/usage/fold.ts";
import { recordUsage } from "../../../src/platform/usage/store.ts";
import { troubles } from "../../../src/web/console/system/data.ts";
import { read, signedIn } from "../../support/console-admin.ts";
import { find } from "../../support/html-document.ts";
import { runCronAndJobs } from "../../support/jobs.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { payment, storePayments } from "../../support/money-fixture.ts";
import { download } from "../../support/usage-fixture.ts";

const refusals = (day: number, count: number) => ({
  kind: "refusals",
  refusals: [{ day, area: "download", code: "LICENSE_EXPIRED", worker_id: null, license_id: null, place: null, count }],
});

it("usage history: events within the range are counted, and earlier events separately", async () => {
  const now = currentTime();
  const today = startOfDay(now);
  const bodies = [
    download(1, { at: today }),
    download(2, { at: today - 29 * DAY }),
    download(3, { at: today - 30 * DAY }),
    download(4, { at: today, worker_id: "w" }),
  ];
  await recordUsage(env.STATISTICS, [...bodies, refusals(today, 3), refusals(today - 30 * DAY, 5)]);
  await foldDownloads(env.STATISTICS, now);
  const history = await readUsageHistory(env.STATISTICS, 30, now);
  const days = lastDays(30, now);
  expect(days).toHaveLength(30);
  expect([days[0], days[29]]).toEqual([today - 29 * DAY, today]);
  expect(history.downloadsByWorker.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(history.downloadsByPlatform).toEqual([{ name: "linux-x86_64", count: 3 }]);
  expect(history.downloadsByVersion[0]).toEqual({ name: "llm-worker-rbee-premium-cpu 1.0.0", count: 2 });
  expect(history.downloadsBefore).toBe(1);
  expect(history.refusalsByCode).toEqual([{ name: "download LICENSE_EXPIRED", count: 3 }]);
});

it("usage history: purchases, renewals, refunds and disputes are counted, other acts are not", async () => {
  const now = currentTime();
  const { id } = await issueLicense();
  const happens = async (action: Action, details: object) => {
    const change = newChange(
      { actor: "stripe:evt_1", requestId: null, now },
      { action, subject: id, details: { ...details } },
    );
    const write = env.DB.prepare("UPDATE licenses SET last_change = ? WHERE id = ?").bind(change.id, id);
    await commitChange(env.DB, change, { table: "licenses", id }, [write]);
  };
  await happens("license.buy", {});
  await happens("license.follow-payment", { expires_at: now + 30 * DAY });
  await happens("license.follow-payment", { expires_at: now, subscription_state: "ended" });
  await happens("license.follow-payment", { machine_limit: 9 });
  await happens("license.extend", { expires_at: now });
  const charge = env.DB.prepare("INSERT INTO license_charges VALUES (?, ?, ?, ?, ?)");
  await env.DB.batch([
    charge.bind("ch_1", id, "full", "none", now),
    charge.bind("ch_2", id, "none", "open", now),
    charge.bind("ch_3", id, "none", "none", now),
    charge.bind("ch_4", id, "full", "none", now - 31 * DAY),
  ]);
  const money = await readMoney(env.DB, startOfDay(now) - 29 * DAY);
  expect(Object.fromEntries(money.map(({ name, count }) => [name, count]))).toEqual({
    purchases: 1,
    renewals: 1,
    refunds: 1,
    disputes: 1,
  });
});

it("dashboard: it shows figures, charts with their tables, and licenses used from unusually many places", async () => {
  const now = currentTime();
  const { id, key } = await issueLicense({ email: "spread@example.com", machine_limit: 5 });
  await tokenFor(key, "m");
  const uses = Array.from({ length: 9 }, (_, network) => ({
    kind: "use",
    license_id: id,
    place: { country: network % 2 ? "T1" : "NL", network },
    at: now,
  }));
  await recordUsage(env.STATISTICS, [download(1), download(2), refusals(startOfDay(now), 3), ...uses]);
  const page = await read(await signedIn(["stats:read", "licenses:read"]), "/admin");
  const figures = (await find(new Response(page), ".figures .value")).map(({ text }) => text);
  expect(figures).toEqual(["1", "1", "2", "3"]);
  expect(page).toContain("The cron has not run");
  const charts = (await find(new Response(page), "svg[role=img]")).map(({ attributes }) => attributes["aria-label"]);
  expect(charts).toEqual(["2 downloads in 30 days, by worker", "3 refused attempts in 30 days, by kind"]);
  expect(page).toContain(`<a href="/admin/licenses/${id}">spread@example.com</a>`);
  expect(page).toContain("Netherlands, Tor");
});

it("dashboard: it needs stats:read, and shows mail addresses only with licenses:read", async () => {
  const { id } = await issueLicense({ email: "spread@example.com", machine_limit: 5 });
  const uses = Array.from({ length: 9 }, (_, network) => ({
    kind: "use",
    license_id: id,
    place: { country: "NL", network },
    at: currentTime(),
  }));
  await recordUsage(env.STATISTICS, uses);
  const page = await read(await signedIn(["stats:read"]), "/admin?days=90");
  expect(page).toContain(id);
  expect(page).not.toContain("spread@example.com");
  const response = await (await signedIn(["releases:read"])).get("/admin");
  expect([response.status, response.headers.get("Location")]).toEqual([303, "/admin/releases"]);
});

it("dashboard: held orders and disputes need attention, each with a link for admins who may see money", async () => {
  await runCronAndJobs();
  const clear = await read(await signedIn(["stats:read"]), "/admin");
  expect(clear).toContain("All clear");
  await storePayments(
    null,
    payment("in_held", { at: currentTime(), state: "held" }),
    payment("dp_1", { at: currentTime(), kind: "dispute", state: "disputed" }),
  );
  const page = await read(await signedIn(["stats:read", "money:read"]), "/admin?days=90");
  expect(page).toContain('<a href="/admin/orders?state=held">1 paid order without a license</a>');
  expect(page).toContain('<a href="/admin/orders?state=disputed">1 dispute to answer at Stripe</a>');
});

it("dashboard: revenue of today is that of this day alone", async () => {
  const now = currentTime();
  await storePayments(
    null,
    payment("in_1", { at: now }),
    payment("in_2", { at: startOfDay(now) - 1 }),
    payment("in_3", { at: startOfDay(now) + DAY }),
  );
  expect(await readNetOfDay(env.DB, startOfDay(now), false)).toEqual([{ currency: "usd", net: 9_900 }]);
});

it("troubles: late and given-up work is listed, work in progress is not", () => {
  const now = 1_800_000_000;
  const well = {
    outbox: { waiting: 1, oldest_at: now - 60 },
    mails: { waiting: 2, oldest_at: now - 600, given_up: 0 },
    events: { waiting: 1, oldest_at: now - 60, attention: 0 },
    dead_letters: 0,
    webhooks: { disabled: 0, failing_since: null, given_up: 0 },
    cron_at: now - 60,
  };
  expect(troubles(well, now)).toEqual([]);
  expect(troubles({ ...well, cron_at: now - 601 }, now)).toEqual(["The cron has not run for ten minutes"]);
  expect(troubles({ ...well, outbox: { waiting: 3, oldest_at: now - 121 } }, now)).toEqual([
    "3 changes not published yet",
  ]);
  expect(troubles({ ...well, mails: { waiting: 1, oldest_at: now - 901, given_up: 1 } }, now)).toEqual([
    "1 email not sent yet",
    "1 email given up",
  ]);
  const webhooks = { disabled: 2, failing_since: now - 3601, given_up: 1 };
  expect(troubles({ ...well, webhooks }, now)).toEqual([
    "A webhook endpoint takes nothing",
    "2 webhook endpoints disabled for failing",
    "1 webhook event given up",
  ]);
  expect(troubles({ ...well, dead_letters: 1 }, now)).toEqual(["1 message failed at every attempt"]);
  expect(troubles({ ...well, events: { waiting: 1, oldest_at: now - 301, attention: 2 } }, now)).toHaveLength(2);
});
