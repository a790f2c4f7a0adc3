import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { licenseByHand } from "../../../src/domain/licensing/admin/act.ts";
import { licenseCreation, licenseRoot, requireLicense } from "../../../src/domain/licensing/license/store.ts";
import { err, ok } from "../../../src/lib/result.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { change, create, type Decided } from "../../../src/platform/storage/change.ts";
import { type IdempotentRequest, idempotentRequest } from "../../../src/platform/storage/idempotency.ts";
import { hookedLedger } from "../../support/hooked-ledger.ts";
import { count, issueLicense } from "../../support/license-fixture.ts";

const actor = { actor: "token:adm_test", requestId: null, now: currentTime() } as const;
const requestOf = (key: string, asked: unknown = "the same"): Promise<IdempotentRequest | null> =>
  idempotentRequest(actor.actor, key, asked);

/** Adds one machine to the limit. The kind of row tells its owner by mail. */
const oneMore = ({ machine_limit }: { machine_limit: number }) => ({
  action: "license.extend" as const,
  patch: { machine_limit: machine_limit + 1 },
  details: { machine_limit: machine_limit + 1 },
});

const entriesOf = async (id: string) => ({
  audit: await count("audit", `subject = '${id}' AND action = 'license.extend'`),
  outbox: await count("outbox", `key = '${id}'`),
  mails: await count("mails", `license_id = '${id}'`),
});

/** A license with room for one machine, and nothing waiting in the outbox. */
async function newLicense(): Promise<string> {
  const { id } = await issueLicense({ machine_limit: 1 });
  expect(await entriesOf(id)).toEqual({ audit: 0, outbox: 0, mails: 0 });
  return id;
}

describe("change", () => {
  it("commits the patch with audit entry, outbox entry and mail, and returns the row as the ledger then has it", async () => {
    const id = await newLicense();
    const { row, changeId, changes, repeated } = await change(env.DB, licenseRoot, id, (at) => ok(oneMore(at)), {
      actor,
      reason: "because",
    });
    expect(row).toEqual(await requireLicense(env.DB, id));
    expect(row.machine_limit).toBe(2);
    expect(changes).toEqual({ stale: [{ topic: "license", key: id, changeIds: [changeId] }], mail: true });
    expect(repeated).toBe(false);
    expect(await entriesOf(id)).toEqual({ audit: 1, outbox: 1, mails: 1 });
    const entry = await env.DB.prepare("SELECT actor, reason, details FROM audit WHERE id = ?").bind(changeId).first();
    expect(entry).toEqual({ actor: actor.actor, reason: "because", details: '{"machine_limit":2}' });
  });

  it("writes nothing when the decision refuses, and nothing when there is nothing to do", async () => {
    const id = await newLicense();
    const before = await requireLicense(env.DB, id);
    const refusal = { code: "CONFLICT", detail: "Not now." } as const;
    const request = await requestOf("refused");
    await expect(change(env.DB, licenseRoot, id, () => err(refusal), { actor, request })).rejects.toMatchObject(
      refusal,
    );
    const idle = await change(env.DB, licenseRoot, id, () => ok(null), { actor, request });
    expect(idle).toMatchObject({ changeId: null, repeated: false, changes: { stale: [{ changeIds: [] }] } });
    expect(await requireLicense(env.DB, id)).toEqual(before);
    expect(await entriesOf(id)).toEqual({ audit: 0, outbox: 0, mails: 0 });
    expect(await count("idempotency_keys", "key = 'refused'")).toBe(0);
  });

  it("decides again for each of several acts at once, so that none is lost", async () => {
    const id = await newLicense();
    const acts = Array.from({ length: 5 }, () =>
      change(env.DB, licenseRoot, id, async (at) => ok(oneMore(at)), { actor }),
    );
    const limits = (await Promise.all(acts)).map(({ row }) => row.machine_limit);
    expect(limits.sort()).toEqual([2, 3, 4, 5, 6]);
    expect(await requireLicense(env.DB, id)).toMatchObject({ machine_limit: 6 });
    expect(await entriesOf(id)).toEqual({ audit: 5, outbox: 5, mails: 5 });
  });

  it("lets one of two rival decisions win, and refuses the other by the state that the winner left", async () => {
    const id = await newLicense();
    const suspendOnce = () =>
      change(
        env.DB,
        licenseRoot,
        id,
        ({ admin_state }) =>
          admin_state === "none"
            ? ok({ action: "license.extend" as const, patch: { admin_state: "suspended" } })
            : err({ code: "CONFLICT", detail: "It is suspended already." }),
        { actor },
      );
    const outcomes = await Promise.allSettled([suspendOnce(), suspendOnce(), suspendOnce()]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await entriesOf(id)).toEqual({ audit: 1, outbox: 1, mails: 1 });
  });

  it("carries out the same idempotent request once, however many arrive at once", async () => {
    const id = await newLicense();
    const request = await requestOf("order-1");
    const send = () => change(env.DB, licenseRoot, id, (at) => ok(oneMore(at)), { actor, request });
    const done = [...(await Promise.all([send(), send(), send(), send()])), await send()];
    expect(done.filter(({ changeId }) => changeId !== null)).toHaveLength(1);
    expect(done.filter(({ repeated }) => repeated)).toHaveLength(4);
    expect(done.every(({ row }) => row.machine_limit === 2)).toBe(true);
    expect(await entriesOf(id)).toEqual({ audit: 1, outbox: 1, mails: 1 });
  });

  it("refuses an idempotency key that was used for another request with CONFLICT", async () => {
    const id = await newLicense();
    const by = async (asked: string) => ({ actor, request: await requestOf("order-2", asked) });
    await change(env.DB, licenseRoot, id, (at) => ok(oneMore(at)), await by("one"));
    await expect(change(env.DB, licenseRoot, id, (at) => ok(oneMore(at)), await by("two"))).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect(await requireLicense(env.DB, id)).toMatchObject({ machine_limit: 2 });
  });

  it("rolls everything back when one statement of the transaction fails", async () => {
    const id = await newLicense();
    const request = await requestOf("order-3");
    const broken = (at: Awaited<ReturnType<typeof requireLicense>>): Decided<object> => ({
      ...oneMore(at),
      beside: () => [env.DB.prepare("INSERT INTO licenses (id) VALUES ('lic_broken')")],
    });
    await expect(change(env.DB, licenseRoot, id, (at) => ok(broken(at)), { actor, request })).rejects.toThrow(
      "D1_ERROR",
    );
    expect(await requireLicense(env.DB, id)).toMatchObject({ machine_limit: 1 });
    expect(await entriesOf(id)).toEqual({ audit: 0, outbox: 0, mails: 0 });
    expect(await count("idempotency_keys", "key = 'order-3'")).toBe(0);
  });

  it("gives up with CONFLICT, having written nothing, when others change the row before each of its writes", async () => {
    const id = await newLicense();
    let decisions = 0;
    const rival = hookedLedger(async (run, statements) => {
      // A batch of two is the read of a license; longer ones are the commit.
      if (statements.length > 2) {
        await env.DB.prepare("UPDATE licenses SET revision = revision + 1 WHERE id = ?").bind(id).run();
      }
      return run();
    });
    const act = change(
      rival,
      licenseRoot,
      id,
      (at) => {
        decisions++;
        return ok(oneMore(at));
      },
      { actor },
    );
    await expect(act).rejects.toMatchObject({ code: "CONFLICT" });
    expect(decisions).toBe(10);
    expect(await entriesOf(id)).toEqual({ audit: 0, outbox: 0, mails: 0 });
  });
});

describe("create", () => {
  it("creates one license for the same idempotent request, however many arrive at once", async () => {
    const request = await requestOf("order-4");
    const send = () => {
      const license = licenseByHand({ plan: "premium-trial", email: "ada@example.com" }, false, actor.now);
      return create(env.DB, licenseCreation(env.DB, license, { action: "license.extend" }), { actor, request });
    };
    const made = [...(await Promise.all([send(), send(), send()])), await send()];
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made.filter(({ repeated }) => repeated)).toHaveLength(3);
    expect(await count("licenses")).toBe(1);
    expect(await count("audit", "action = 'license.extend'")).toBe(1);
  });

  it("draws another status index when the first is taken", async () => {
    const { id: taken } = await issueLicense();
    const { status_index } = await requireLicense(env.DB, taken);
    const license = licenseByHand({ plan: "premium-trial", email: "ada@example.com" }, false, actor.now);
    const creation = licenseCreation(env.DB, license, { action: "license.extend" });
    let draws = 0;
    const insert: typeof creation.insert = (made) => {
      if (draws++ > 0) return creation.insert(made);
      return env.DB.prepare(
        `INSERT INTO licenses (id, email, plan, entitlements, versions, machine_limit, offline_days, status_index, livemode,
           last_change, created_at, updated_at) VALUES (?, 'a', 'p', '[]', '*', 1, 0, ?, 0, ?, 0, 0)`,
      ).bind(license.id, status_index, made.id);
    };
    expect(await create(env.DB, { ...creation, insert }, { actor })).toMatchObject({ id: license.id, repeated: false });
    expect(draws).toBe(2);
    expect((await requireLicense(env.DB, license.id)).status_index).not.toBe(status_index);
  });
});
