import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { permissionsFor, WORKER_CALLS } from "../../../src/domain/purchase/permissions.ts";
import { currentTime, HOUR } from "../../../src/lib/time.ts";
import { firstMessage } from "../../../src/platform/jobs/job.ts";
import { readWatermark } from "../../../src/platform/storage/watermark.ts";
import { HeldQueue } from "../../support/jobs.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { openShop } from "../../support/shop.ts";

const { bought, control, deserted, shopEnv } = await openShop();

const HOUR_MARK = currentTime() - (currentTime() % HOUR);

/** Runs the job until it has nothing left to do, or fails. */
async function recordPast(bindings: Env = shopEnv): Promise<void> {
  const queue = new HeldQueue();
  queue.waiting.push(firstMessage("record-past-payments", HOUR_MARK));
  await queue.deliverAll({ ...bindings, JOBS: queue.binding });
}

/** Makes the ledger as an older version left it: with licenses, and without payments. */
const forgetPayments = () => env.DB.prepare("DELETE FROM payments").run();

describe("record-past-payments", () => {
  it("records the payments of every license that was bought, and then never works again", async () => {
    const trial = await bought("premium-monthly");
    const lifetime = await bought("premium-lifetime");
    await control("refunds", { session: lifetime.sessionId, amount: 500 });
    await forgetPayments();
    await recordPast();
    expect(await count("payments", `license_id = '${trial.id}' AND kind = 'trial'`)).toBe(1);
    expect(await count("payments", `license_id = '${lifetime.id}'`)).toBe(2);
    expect((await readWatermark(env.DB, "payments")).position).toBeNull();
    await forgetPayments();
    await recordPast();
    expect(await count("payments")).toBe(0);
  });

  it("continues after an outage of Stripe where it stopped", async () => {
    await bought("premium-lifetime");
    await forgetPayments();
    await recordPast(deserted);
    expectLogged("job.failed");
    expect(await count("payments")).toBe(0);
    // The lease of the failed run is over.
    await env.DB.prepare("DELETE FROM job_leases").run();
    await recordPast();
    expect(await count("payments")).toBe(1);
  });

  it("waits for the permission that our key lacks, and then records every payment", async () => {
    await bought("premium-lifetime");
    await forgetPayments();
    const permissions = permissionsFor(WORKER_CALLS).filter((one) => one !== "charge_write");
    const { key } = await control("keys", { permissions });
    await recordPast({ ...shopEnv, STRIPE_SECRET_KEY: String(key) });
    expect(expectLogged("stripe.key_refused")).toMatchObject([{ permission: "charge_write" }]);
    expectLogged("job.failed");
    await env.DB.prepare("DELETE FROM job_leases").run();
    await recordPast();
    expect(await count("payments")).toBe(1);
  });

  it("goes on behind a license that Stripe does not know", async () => {
    const [one, other] = [await bought("premium-monthly"), await bought("premium-lifetime")];
    await forgetPayments();
    await env.DB.prepare("UPDATE licenses SET stripe_subscription_id = 'sub_gone' WHERE id = ?").bind(one.id).run();
    await recordPast();
    expectLogged("reconciliation.failed");
    expect(await count("payments", `license_id = '${other.id}'`)).toBe(1);
  });
});
