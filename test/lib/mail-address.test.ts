import { describe, expect, it } from "vitest";
import { MailAddress } from "../../src/lib/mail-address.ts";
import { ownerToken } from "../support/license-fixture.ts";
import { askWith, newPostbox } from "../support/postbox.ts";

/** Valid addresses that stricter rules refuse. */
const UNUSUAL = [
  "r&d@example.com",
  "a/b@x.org",
  "müller@example.de",
  "ada@exämple.de",
  "foo.@docomo.ne.jp",
  "o'brien+rbee@example.co.uk",
  "root@localhost",
];

describe("a mail address", () => {
  it.each(UNUSUAL)("can be %s", (address) => {
    expect(MailAddress.safeParse(address)).toEqual({ success: true, data: address });
  });

  it.each([
    "",
    "ada",
    "@example.com",
    "ada@",
    "a@b@example.com",
    "ada@example.com,eve@example.com",
    "ada @example.com",
    " ada@example.com",
    "ada@example.com\nBcc: eve@example.com",
    "ada@example.com\r\n",
    "ada@example.com\n",
    "ada\0@example.com",
    "ada@example.com\0",
    "ada@exam\u001bple.com",
    "ada\u0085@example.com",
    "\u202eada@example.com",
    "a\u200bda@example.com",
    "ada\ud800@example.com",
    "Ada <ada@example.com>",
    "<ada@example.com>",
    "ada@<script>",
    `${"a".repeat(512)}@example.com`,
  ])("cannot be %j", (address) => {
    expect(MailAddress.safeParse(address).success).toBe(false);
  });
});

describe.each(UNUSUAL)("the customer with the address %s", (email) => {
  it("gets the key by mail, and signs in by the API and by the page", async () => {
    const postbox = newPostbox();
    const issued = await askWith(postbox, "POST", "/v1/admin/licenses", {
      json: { plan: "premium-lifetime", email },
      headers: { Authorization: `Bearer ${await ownerToken()}` },
    });
    expect(issued.status).toBe(201);
    const { key, license } = await issued.json<{ key: string; license: { id: string } }>();
    expect(postbox.letters).toMatchObject([{ to: email, text: expect.stringContaining(key) }]);
    for (const ask of [
      () => askWith(postbox, "POST", "/v1/licenses/recover", { json: { email: email.toUpperCase() } }),
      () => askWith(postbox, "POST", "/account/sign-in/link", { form: { email: ` ${email} ` } }),
    ]) {
      expect((await ask()).status).toBe(202);
      const letter = postbox.letters.at(-1);
      expect(letter?.to).toBe(email);
      const [path = ""] = letter?.text.match(/\/recover\/[\w-]{43}/) ?? [];
      const signedIn = await askWith(postbox, "POST", path);
      const cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
      const account = await askWith(postbox, "GET", "/account", { headers: { Cookie: cookie } });
      expect(await account.text()).toContain(license.id);
    }
    expect(postbox.letters).toHaveLength(3);
  });
});
