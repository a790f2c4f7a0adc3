import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { sendDueMails } from "../../../src/domain/mail/sender.ts";
import { currentTime, DAY } from "../../../src/lib/time.ts";
import { type MailKind, queueMail } from "../../../src/platform/storage/mail-outbox.ts";
import { ask } from "../../support/admin-request.ts";
import { send, signedInByKey, signedInByMail } from "../../support/customer.ts";
import { count, issueLicense, ownerToken } from "../../support/license-fixture.ts";
import { askWith, newPostbox, type Postbox } from "../../support/postbox.ts";

const ADA = "ada@example.com";
const now = currentTime();

let postbox: Postbox;
let id: string;
beforeEach(async () => {
  postbox = newPostbox();
  id = (await issueLicense()).id;
});

/** Queues and sends a mail about the license, and returns it as it arrived; undefined if it was not sent. */
async function mailed(kind: MailKind, occasion: string, to = ADA) {
  const before = postbox.letters.length;
  await queueMail(env.DB, { licenseId: id, kind, occasion, to, data: {}, now }).run();
  await sendDueMails(postbox.env, now);
  return postbox.letters[before];
}

/** The path of the link that turns such mails off. */
const pathIn = (letter: { headers: Record<string, string> } | undefined): string =>
  /^<https:\/\/catalog\.test(\/emails\/mail_[\w-]+)>$/.exec(letter?.headers["List-Unsubscribe"] ?? "")?.[1] ??
  "no link";

/** Posts a body as a mail program does. */
async function post(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  const request = new Request("https://catalog.test", { method: "POST", body });
  return askWith(postbox, "POST", path, {
    body: await request.text(),
    headers: { "Content-Type": request.headers.get("Content-Type") ?? "", ...headers },
  });
}

const ONE_CLICK = { "List-Unsubscribe": "One-Click" };

describe("the link in a mail that may be turned off", () => {
  it("is in its text and headers, and in no mail that law or contract needs", async () => {
    const letter = await mailed("renewed", "in_1");
    expect(letter?.headers).toEqual({
      "List-Unsubscribe": expect.stringMatching(/^<https:/),
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    });
    expect(letter?.text).toContain(`https://catalog.test${pathIn(letter)}`);
    expect(pathIn(letter)).not.toContain("ada");
    for (const kind of ["license_key", "trial_ending", "payment_failed", "license_ended"] as const) {
      const needed = await mailed(kind, "in_1");
      expect(needed?.headers).toEqual({});
      expect(needed?.text).not.toContain("/emails/");
    }
  });

  it.each<[string, () => BodyInit]>([
    ["as a form", () => new URLSearchParams(ONE_CLICK)],
    [
      "as multipart",
      () => {
        const form = new FormData();
        form.set("List-Unsubscribe", "One-Click");
        return form;
      },
    ],
  ])("turns its topic off by one click %s, without a cookie and from any site", async (_, body) => {
    const path = pathIn(await mailed("renewed", "in_1"));
    const foreign = { "Sec-Fetch-Site": "cross-site", Origin: "https://mail.example" };
    for (let i = 0; i < 2; i++) {
      const response = await post(path, body(), foreign);
      expect([response.status, response.headers.get("Location")]).toEqual([200, null]);
      expect(await response.text()).toContain("Receipts of renewals are turned off");
    }
    expect(await mailed("renewed", "in_2")).toBeUndefined();
    expect(
      await count("mails", "occasion = 'in_2' AND next_attempt_at IS NULL AND last_error LIKE 'Not sent: %'"),
    ).toBe(1);
    expect(await mailed("license_expiring", "1")).toBeDefined();
    expect(await mailed("payment_failed", "in_2")).toBeDefined();
    expect((await post(path, new URLSearchParams({ choice: "on" }))).status).toBe(200);
    expect(await mailed("renewed", "in_3")).toBeDefined();
  });

  it("changes nothing by a visit, because mail scanners follow links", async () => {
    const path = pathIn(await mailed("renewed", "in_1"));
    const page = await askWith(postbox, "GET", path);
    expect([page.status, page.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
    expect(await page.text()).toContain("Turn them off");
    expect(await count("mail_opt_outs")).toBe(0);
  });

  it("works for its own address and topic alone", async () => {
    const path = pathIn(await mailed("renewed", "in_1"));
    const other = pathIn(await mailed("license_expiring", "1"));
    const [, mail = "", signature = ""] = /(mail_\w+)-([\w-]+)$/.exec(path) ?? [];
    const [, otherMail = ""] = /(mail_\w+)-/.exec(other) ?? [];
    for (const forged of [`${otherMail}-${signature}`, `${mail}-${"A".repeat(22)}`, mail, "nonsense", `${mail}-`]) {
      expect((await post(`/emails/${forged}`, new URLSearchParams(ONE_CLICK))).status, forged).toBe(403);
      expect((await askWith(postbox, "GET", `/emails/${forged}`)).status).toBe(403);
    }
    expect(await count("mail_opt_outs")).toBe(0);
    await post(path, new URLSearchParams(ONE_CLICK));
    expect(await count("mail_opt_outs", `email = '${ADA}' AND topic = 'renewals'`)).toBe(1);
    expect(await count("mail_opt_outs")).toBe(1);
  });

  it("says that it is too old once its mail is deleted", async () => {
    const path = pathIn(await mailed("renewed", "in_1"));
    await env.DB.prepare("DELETE FROM mails").run();
    expect((await askWith(postbox, "GET", path)).status).toBe(410);
    expect((await post(path, new URLSearchParams(ONE_CLICK))).status).toBe(410);
  });
});

describe("the choice of emails in the account", () => {
  it("shows and saves the topics of the address", async () => {
    const browser = await signedInByMail(ADA, postbox);
    const page = await (await browser.get("/account/emails")).text();
    expect(page.match(/type="checkbox"[^>]*checked/g)).toHaveLength(2);
    const saved = await send(browser, "/account/emails", { reminders: "yes" });
    expect([saved.status, saved.headers.get("Location")]).toEqual([303, "/account/emails?done=saved"]);
    expect(await (await browser.get("/account/emails?done=saved")).text()).toContain("Saved.");
    expect(await mailed("renewed", "in_1")).toBeUndefined();
    expect(await mailed("license_expiring", "1")).toBeDefined();
    await send(browser, "/account/emails", { reminders: "yes", renewals: "yes" });
    expect(await count("mail_opt_outs")).toBe(0);
  });

  it("is closed to a sign-in by key, which others may have, too", async () => {
    const { key } = await issueLicense({ email: "bob@example.com" });
    const browser = await signedInByKey(key);
    expect(await (await browser.get("/account/emails")).text()).toContain("sign in with an emailed link");
    expect((await send(browser, "/account/emails")).status).toBe(200);
    expect(await count("mail_opt_outs")).toBe(0);
  });

  it("is erased with the address", async () => {
    await post(pathIn(await mailed("renewed", "in_1")), new URLSearchParams(ONE_CLICK));
    const token = await ownerToken();
    const erased = await ask("POST", `/v1/admin/licenses/${id}/erase`, { token, body: { reason: "asked for" } });
    expect(erased.status).toBe(200);
    expect(await count("mail_opt_outs")).toBe(0);
  });
});

describe("every mail", () => {
  it("is answered by the seller, and names its license and the seller", async () => {
    const { text, replyTo } = (await mailed("license_ended", "1")) ?? { text: "", replyTo: null };
    expect(replyTo).toBe("licenses@rbee.dev");
    expect(text).toContain(`License ${id}`);
    expect(text).toMatch(/\n--\n.*\nQuestions\? Reply to this email, or write to licenses@rbee\.dev\.\nrbee\n/);
  });

  it("goes to no address that the license no longer has, except the one that says so", async () => {
    expect(await mailed("license_key", "1", "before@example.com")).toBeUndefined();
    expect(await mailed("address_changed", "1", "before@example.com")).toBeDefined();
    await sendDueMails(postbox.env, now + DAY);
    expect(postbox.letters).toHaveLength(1);
  });
});
