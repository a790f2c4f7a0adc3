import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { DAY, HOUR } from "../../../src/lib/time.ts";
import { mailedPath } from "../../support/customer.ts";
import { issueLicense } from "../../support/license-fixture.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";
import { askWith, newPostbox, type Postbox } from "../../support/postbox.ts";

const ADA = "ada@example.com";

let postbox: Postbox;
beforeEach(() => {
  postbox = newPostbox();
});

const recover = (email: string, headers: Record<string, string> = {}) =>
  askWith(postbox, "POST", "/v1/licenses/recover", { json: { email }, headers });

describe("a request for a recovery link", () => {
  /** Lets time pass for the links that were made. */
  const later = (seconds: number) =>
    env.DB.prepare("UPDATE recovery_links SET created_at = created_at - ?1, expires_at = expires_at - ?1")
      .bind(seconds)
      .run();

  it("mails at most five unused links a day, and leaves the owner working ones after any number of strangers' requests", async () => {
    await issueLicense();
    for (let i = 0; i < 20; i++) expect((await recover(ADA)).status).toBe(202);
    expect(postbox.letters).toHaveLength(5);
    // The strangers have spent the mails of the day hours ago. The owner asks, and opens any of the mails.
    await later(7 * HOUR);
    const [first = "", , third = ""] = postbox.letters.map((_, i) => mailedPath(postbox, i));
    expect((await askWith(postbox, "POST", first)).status).toBe(410);
    expect((await recover(ADA)).status).toBe(202);
    expect(postbox.letters).toHaveLength(5);
    expect((await askWith(postbox, "POST", third)).status).toBe(303);
    expect((await askWith(postbox, "POST", third)).status).toBe(410);
    expect((await askWith(postbox, "POST", first)).status).toBe(303);
    // Two links are used, so the owner gets new mails.
    await recover(ADA);
    await recover(ADA);
    await recover(ADA);
    expect(postbox.letters).toHaveLength(7);
    await later(DAY);
    await recover(ADA);
    expect(postbox.letters).toHaveLength(8);
    // A link of the day before stays dead.
    expect((await askWith(postbox, "POST", mailedPath(postbox, 6))).status).toBe(410);
  });

  it("revives no link of another address", async () => {
    await issueLicense();
    await issueLicense({ email: "grace@example.com" });
    await recover("grace@example.com");
    const graces = mailedPath(postbox);
    await later(HOUR);
    for (let i = 0; i < 7; i++) await recover(ADA);
    expect((await askWith(postbox, "POST", graces)).status).toBe(410);
  });

  it("is rate-limited for each sender, and never by the address in it", WITH_ROOM, async () => {
    await roomInMinute();
    await issueLicense();
    const statuses = async (ask: (i: number) => Promise<Response>) => {
      const all: number[] = [];
      for (let i = 0; i < 12; i++) all.push((await ask(i)).status);
      return all;
    };
    const expected = [...Array<number>(10).fill(202), 429, 429];
    const sender = { "CF-Connecting-IP": "192.0.2.7" };
    expect(await statuses((i) => recover(`guess-${i}@example.com`, sender))).toEqual(expected);
    // A stranger in one IPv6 network, then a botnet.
    const inOneNetwork = (i: number) => ({ "CF-Connecting-IP": `2001:db8:7:1:${i}::${i}` });
    expect(await statuses((i) => recover(ADA, inOneNetwork(i)))).toEqual(expected);
    const accepted = Array<number>(12).fill(202);
    expect(await statuses(() => recover(ADA))).toEqual(accepted);
    expect(await statuses(() => recover("nobody@example.com"))).toEqual(accepted);
    // The mailbox is not flooded, and the answer does not tell.
    expect(postbox.letters).toHaveLength(5);
  });
});
