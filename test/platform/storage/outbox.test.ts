import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { drainOutbox, type Publishers, publish } from "../../../src/platform/storage/settle.ts";
import { count } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";

const KEY = "lic_x";
const NOW = 1_800_000_000;

const addEntry = (id: string, key = KEY) =>
  env.DB.prepare("INSERT INTO outbox (change_id, topic, key, created_at) VALUES (?, 'license', ?, 1)")
    .bind(id, key)
    .run();

/** A ledger of one number that is published to a variable; `beforeWrite` runs between reading and writing. */
function world(beforeWrite: (read: number) => Promise<void> = async () => {}) {
  const state = { ledger: 1, published: 0, writes: 0 };
  const license: Publishers["license"] = {
    async publish() {
      const read = state.ledger;
      await beforeWrite(read);
      state.published = read;
      state.writes++;
      return String(read);
    },
    mark: async () => String(state.ledger),
  };
  return { state, publishers: { license, manifest: license } };
}

describe("publishing", () => {
  it("ends with the latest state even if an older one was written last", async () => {
    let release = () => {};
    const slow = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { state, publishers } = world((read) => (read === 1 ? slow : Promise.resolve()));
    await addEntry("chg_1");
    const first = publish(env, publishers, { topic: "license", key: KEY }, ["chg_1"]);
    await scheduler.wait(20);
    state.ledger = 2;
    await addEntry("chg_2");
    await publish(env, publishers, { topic: "license", key: KEY }, ["chg_2"]);
    expect(state.published).toBe(2);
    release();
    await first;
    expect(state.published).toBe(2);
    expect(await count("outbox")).toBe(0);
  });

  it("keeps the entry of a change that was made while it ran", async () => {
    const { publishers } = world(async () => {
      await addEntry(`chg_${crypto.randomUUID()}`);
    });
    await addEntry("chg_1");
    await publish(env, publishers, { topic: "license", key: KEY }, ["chg_1"]);
    expect(await count("outbox")).toBe(1);
  });

  it("is repeated by the cron after a request was cut off having written an older state over a newer one", async () => {
    let cut = () => {};
    const slow = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const { state, publishers } = world((read) => (read === 1 ? slow : Promise.resolve()));
    const dying: Publishers = {
      ...publishers,
      license: { ...publishers.license, mark: () => Promise.reject(new Error("the client hung up")) },
    };
    await addEntry("chg_1");
    const first = publish(env, dying, { topic: "license", key: KEY }, ["chg_1"]);
    await scheduler.wait(20);
    state.ledger = 2;
    await addEntry("chg_2");
    await publish(env, publishers, { topic: "license", key: KEY }, ["chg_2"]);
    cut();
    await expect(first).rejects.toThrow("hung up");
    expect(state.published).toBe(1);
    await drainOutbox(env, publishers, NOW);
    expect(state.published).toBe(2);
    expect(await count("outbox")).toBe(0);
  });

  it("by the cron keeps the entry that a request may still be publishing", async () => {
    const { state, publishers } = world();
    await addEntry("chg_1");
    expect(await drainOutbox(env, publishers, 1 + 59)).toEqual({ published: 1, failed: 0, hasMore: false });
    expect(state.published).toBe(1);
    expect(await count("outbox")).toBe(1);
    await drainOutbox(env, publishers, 1 + 60);
    expect(await count("outbox")).toBe(0);
  });

  it("that fails for one record keeps its entry, and does not delay the others", async () => {
    const { publishers } = world();
    const failing: Publishers = {
      ...publishers,
      license: {
        ...publishers.license,
        publish: async (at, key) => {
          if (key === "lic_bad") throw new Error("KV is down");
          return publishers.license.publish(at, key);
        },
      },
    };
    await addEntry("chg_1", "lic_bad");
    await addEntry("chg_2", "lic_good");
    expect(await drainOutbox(env, failing, NOW)).toEqual({ published: 1, failed: 1, hasMore: false });
    expectLogged("publication.failed");
    expect(await count("outbox", "key = 'lic_bad'")).toBe(1);
    expect(await count("outbox")).toBe(1);
  });
});
