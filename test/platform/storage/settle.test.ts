import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Publishers, Service } from "../../../src/platform/http/router.ts";
import { type Changes, settle, settleInJob } from "../../../src/platform/storage/settle.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

/** A request with parts that record their calls. `isDown`: every part throws. */
function request({ isDown = false } = {}) {
  const calls: string[] = [];
  const later: Promise<unknown>[] = [];
  const part =
    (name: string) =>
    async (...[, key]: [Env, string?]) => {
      calls.push(key === undefined ? name : `${name} ${key}`);
      if (isDown) throw new Error(`${name} is down`);
    };
  const publisher = (name: string) => ({
    publish: async (at: Env, key: string) => {
      await part(name)(at, key);
      return "1";
    },
    mark: async () => "1",
  });
  const publishers: Publishers = { license: publisher("license"), manifest: publisher("manifest") };
  const service: Service = { formats: [], publishers, afterManifest: part("recipes"), sendMails: part("mails") };
  const waitUntil = (work: Promise<unknown>) => void later.push(work);
  return { c: { env, var: { service }, executionCtx: { waitUntil } }, calls, later, publishers };
}

const license = (key: string, ...changeIds: string[]): Changes["stale"][number] => ({
  topic: "license",
  key,
  changeIds,
});

async function addEntry(id: string): Promise<void> {
  await env.DB.prepare("INSERT INTO outbox (change_id, topic, key, created_at) VALUES (?, 'license', 'lic_1', 1)")
    .bind(id)
    .run();
}

afterEach(() => vi.restoreAllMocks());

describe("settle", () => {
  it("publishes each stale record, removes the entries of its changes, and sends mails last", async () => {
    for (const id of ["chg_1", "chg_2", "chg_other"]) await addEntry(id);
    const { c, calls, later } = request();
    const changes = { stale: [license("lic_1", "chg_1", "chg_2"), license("lic_2")], mail: true };
    expect(await settle(c, changes)).toBe("published");
    await Promise.all(later);
    expect(calls).toEqual(["license lic_1", "license lic_2", "mails"]);
    expect(await count("outbox", "change_id = 'chg_other'")).toBe(1);
    expect(await count("outbox")).toBe(1);
  });

  it("publishes the recipes after a manifest, and sends no mail when none was queued", async () => {
    const { c, calls, later } = request();
    expect(await settle(c, { stale: [{ topic: "manifest", key: "worker", changeIds: [] }] })).toBe("published");
    await Promise.all(later);
    expect(calls).toEqual(["manifest worker", "recipes"]);
  });

  it("returns at once when nothing has changed", async () => {
    const { c, calls } = request();
    expect(await settle(c, { stale: [] })).toBe("published");
    expect(calls).toEqual([]);
  });

  it("answers `pending` when KV fails, retries after the response, and keeps the outbox entry for the cron", async () => {
    vi.spyOn(scheduler, "wait").mockResolvedValue();
    await addEntry("chg_1");
    const { c, calls, later } = request({ isDown: true });
    expect(await settle(c, { stale: [license("lic_1", "chg_1")], mail: true })).toBe("pending");
    await vi.waitFor(async () => {
      await Promise.all(later);
      expect(calls.filter((call) => call === "license lic_1")).toHaveLength(4);
    });
    expect(calls).toContain("mails");
    expectLogged("publication.failed");
    expect(expectLogged("mail.unsent")).toMatchObject([{ message: "mails is down" }]);
    expect(await count("outbox")).toBe(1);
  });

  it("continues when the client hangs up, because waitUntil gets all of it at once", async () => {
    const { c, calls, later } = request();
    void settle(c, { stale: [license("lic_1")], mail: true });
    expect(later).toHaveLength(2);
    await Promise.all(later);
    expect(calls).toEqual(["license lic_1", "mails"]);
  });
});

describe("settleInJob", () => {
  it("publishes, sends no mail, and throws KV's errors", async () => {
    const well = request();
    await settleInJob(env, well.publishers, { stale: [license("lic_1")], mail: true });
    expect(well.calls).toEqual(["license lic_1"]);
    const ill = request({ isDown: true });
    await expect(settleInJob(env, ill.publishers, { stale: [license("lic_1")] })).rejects.toThrow("license is down");
  });
});
