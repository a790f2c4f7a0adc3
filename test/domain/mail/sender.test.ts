import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LEASE_SECONDS, sendDueMails } from "../../../src/domain/mail/sender.ts";
import { DAY, MINUTE } from "../../../src/lib/time.ts";
import { type NewMail, queueMail, queueMailIf } from "../../../src/platform/storage/mail-outbox.ts";
import { count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged, logged } from "../../support/logged.ts";
import { newPostbox } from "../../support/postbox.ts";

const NOW = 1_800_000_000;

const payment = (more: Partial<NewMail> = {}): NewMail => ({
  licenseId: null,
  kind: "payment_not_completed",
  occasion: "cs_test_1",
  to: "ada@example.com",
  data: { plan: "premium-lifetime" },
  now: NOW,
  ...more,
});

type MailRow = { sent_at: number | null; attempts: number; next_attempt_at: number | null; last_error: string | null };
const rows = async (): Promise<MailRow[]> =>
  (await env.DB.prepare("SELECT sent_at, attempts, next_attempt_at, last_error FROM mails ORDER BY id").all<MailRow>())
    .results;

afterEach(() => {
  vi.restoreAllMocks();
});

describe("queueing a mail", () => {
  it("twice for one occasion queues one mail, with or without a license", async () => {
    const { id } = await issueLicense();
    for (const licenseId of [null, id]) {
      for (let i = 0; i < 3; i++) await queueMail(env.DB, payment({ licenseId })).run();
    }
    expect(await count("mails")).toBe(2);
    await queueMail(env.DB, payment({ occasion: "cs_test_2" })).run();
    await queueMail(env.DB, payment({ kind: "recovery_link" })).run();
    expect(await count("mails")).toBe(4);
  });

  it("beside a change takes effect only with the change", async () => {
    const { id } = await issueLicense();
    const root = { table: "licenses", id } as const;
    await queueMailIf(env.DB, payment({ licenseId: id }), root, "chg_that_lost").run();
    expect(await count("mails")).toBe(0);
    await env.DB.prepare("UPDATE licenses SET last_change = 'chg_that_won' WHERE id = ?").bind(id).run();
    await queueMailIf(env.DB, payment({ licenseId: id }), root, "chg_that_won").run();
    await queueMailIf(env.DB, payment({ licenseId: id }), root, "chg_that_won").run();
    expect(await count("mails")).toBe(1);
  });
});

describe("the sender", () => {
  it("gives a mail to the binding of production, and marks it sent", async () => {
    await queueMail(env.DB, payment()).run();
    expect(await sendDueMails(env, NOW)).toEqual({ sent: 1, failed: 0 });
    expect(await rows()).toEqual([{ sent_at: NOW, attempts: 1, next_attempt_at: null, last_error: null }]);
    expect(await sendDueMails(env, NOW + DAY)).toEqual({ sent: 0, failed: 0 });
  });

  it("sends each mail once, however many senders run", async () => {
    const postbox = newPostbox();
    postbox.before = () => scheduler.wait(5);
    for (let i = 0; i < 3; i++) await queueMail(env.DB, payment({ occasion: `cs_${i}` })).run();
    const results = await Promise.all(Array.from({ length: 20 }, () => sendDueMails(postbox.env, NOW)));
    expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBe(3);
    expect(postbox.letters).toHaveLength(3);
    await sendDueMails(postbox.env, NOW + 6 * DAY);
    expect(postbox.calls).toBe(3);
  });

  it("gives a mail up at once when the provider refuses it for good, and sends the others", async () => {
    const postbox = newPostbox();
    await queueMail(env.DB, payment({ to: "gone@example.com" })).run();
    postbox.before = async () => {
      throw Object.assign(new Error("gone@example.com is suppressed"), { code: "E_RECIPIENT_SUPPRESSED" });
    };
    expect(await sendDueMails(postbox.env, NOW)).toEqual({ sent: 0, failed: 1 });
    expectLogged("mail.given_up");
    const [row] = await rows();
    expect(row).toMatchObject({ sent_at: null, attempts: 1, next_attempt_at: null });
    expect(row?.last_error).toBe(
      "Not retried: the address has bounced or reported spam; ask the owner for another one. E_RECIPIENT_SUPPRESSED ...@... is suppressed",
    );
    postbox.before = async () => {};
    await queueMail(env.DB, payment({ occasion: "cs_test_2" })).run();
    expect(await sendDueMails(postbox.env, NOW + 6 * DAY)).toEqual({ sent: 1, failed: 0 });
    expect(postbox.calls).toBe(2);
  });

  it("retries with growing pauses while the provider is down, and sends the mail once it is up", async () => {
    const postbox = newPostbox();
    postbox.before = async () => {
      throw new Error("421 try later");
    };
    await queueMail(env.DB, payment()).run();
    let now = NOW;
    const pauses: number[] = [];
    for (let i = 0; i < 5; i++) {
      expect(await sendDueMails(postbox.env, now)).toEqual({ sent: 0, failed: 1 });
      const [row] = await rows();
      expect(row).toMatchObject({ sent_at: null, attempts: i + 1, last_error: "421 try later" });
      const next = row?.next_attempt_at ?? 0;
      expect(await sendDueMails(postbox.env, next - 1)).toEqual({ sent: 0, failed: 0 });
      pauses.push((next - now) / MINUTE);
      now = next;
    }
    expect(pauses).toEqual([1, 5, 15, 60, 360]);
    expectLogged("mail.failed");
    postbox.before = async () => {};
    expect(await sendDueMails(postbox.env, now)).toEqual({ sent: 1, failed: 0 });
    expect(postbox.letters).toHaveLength(1);
    expect(await rows()).toMatchObject([{ sent_at: now, next_attempt_at: null, last_error: null }]);
  });

  it("gives up a mail after five days, keeps it and logs it", async () => {
    const postbox = newPostbox();
    postbox.before = async () => {
      throw new Error("no such mailbox");
    };
    await queueMail(env.DB, payment()).run();
    let last = NOW;
    for (let next: number | null = NOW; next !== null; ) {
      last = next;
      await sendDueMails(postbox.env, next);
      next = (await rows())[0]?.next_attempt_at ?? null;
    }
    expect((last - NOW) / DAY).toBeCloseTo(5, 1);
    expect(await rows()).toMatchObject([{ sent_at: null, next_attempt_at: null, last_error: "no such mailbox" }]);
    for (const event of ["mail.failed", "mail.given_up"]) expectLogged(event);
    expect(await sendDueMails(postbox.env, last + 30 * DAY)).toEqual({ sent: 0, failed: 0 });
  });

  it("takes a mail again after its lease, when its sender died", async () => {
    const dead = newPostbox();
    dead.before = () => new Promise(() => {});
    await queueMail(env.DB, payment()).run();
    void sendDueMails(dead.env, NOW);
    await vi.waitFor(() => expect(dead.calls).toBe(1));
    const alive = newPostbox();
    expect(await sendDueMails(alive.env, NOW + LEASE_SECONDS - 1)).toEqual({ sent: 0, failed: 0 });
    expect(await sendDueMails(alive.env, NOW + LEASE_SECONDS)).toEqual({ sent: 1, failed: 0 });
    expect(alive.letters).toHaveLength(1);
  });

  it("is not delayed by a mail that cannot be composed", async () => {
    const postbox = newPostbox();
    await queueMail(env.DB, payment({ to: "not an address", occasion: "a" })).run();
    await queueMail(env.DB, payment({ occasion: "b" })).run();
    await env.DB.prepare("UPDATE mails SET kind = 'of a later version' WHERE occasion = 'a'").run();
    expect(await sendDueMails(postbox.env, NOW)).toEqual({ sent: 1, failed: 1 });
    expectLogged("mail.failed");
    expect(postbox.letters.map(({ to }) => to)).toEqual(["ada@example.com"]);
  });

  it("mails the current key, and keeps it out of D1 and the log", async () => {
    const { id, key } = await issueLicense();
    const postbox = newPostbox();
    await queueMail(env.DB, payment({ licenseId: id, kind: "license_key", data: {} })).run();
    postbox.before = async () => {
      throw new Error(`refused: "${key}" to <ada@example.com>, https://catalog.test/recover/abc-DEF_1`);
    };
    await sendDueMails(postbox.env, NOW);
    expect((await rows())[0]?.last_error).toBe(
      'refused: "rbee_lic_..." to <...@...>, https://catalog.test/recover/...',
    );
    postbox.before = async () => {};
    await env.DB.prepare("UPDATE licenses SET generation = 1 WHERE id = ?").bind(id).run();
    await sendDueMails(postbox.env, NOW + MINUTE);
    const [letter] = postbox.letters;
    const mailed = letter?.text.match(/rbee_lic_\w+/)?.[0] ?? "";
    expect(mailed).toMatch(/^rbee_lic_\w{55}$/);
    expect(mailed).not.toBe(key);
    const everything = JSON.stringify((await env.DB.prepare("SELECT * FROM mails").all()).results);
    for (const secret of [key, mailed]) {
      expect(everything).not.toContain(secret);
      expect(JSON.stringify(logged())).not.toContain(secret);
    }
    expect(JSON.stringify(expectLogged("mail.failed"))).not.toContain("ada@example.com");
  });
});
