import { describe, expect, it } from "vitest";
import { count, ownerToken } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { askWith, newPostbox } from "../../support/postbox.ts";

const body = { plan: "premium-monthly", email: "Grace@Example.com" };

/** The headers of an owner's request. */
const asOwner = async (extra: Record<string, string> = {}) => ({
  Authorization: `Bearer ${await ownerToken()}`,
  ...extra,
});

describe("an admin's acts", () => {
  it("mail the key of an issued license to its owner, once under one Idempotency-Key", async () => {
    const postbox = newPostbox();
    const headers = await asOwner({ "Idempotency-Key": "order-1" });
    const issue = () => askWith(postbox, "POST", "/v1/admin/licenses", { json: body, headers });
    const { key } = await (await issue()).json<{ key: string }>();
    await Promise.all([issue(), issue()]);
    expect(postbox.letters).toHaveLength(1);
    expect(postbox.letters[0]).toMatchObject({
      to: "grace@example.com",
      from: { name: "rbee", email: "licenses@rbee.dev" },
      subject: expect.stringContaining("license key"),
      text: expect.stringContaining(key),
      html: expect.stringContaining(key),
    });
  });

  it("mail nothing when the admin asks for no mail", async () => {
    const postbox = newPostbox();
    const headers = await asOwner();
    const json = { ...body, send_mail: false };
    expect((await askWith(postbox, "POST", "/v1/admin/licenses", { json, headers })).status).toBe(201);
    expect(await count("mails")).toBe(0);
    expect(postbox.calls).toBe(0);
  });

  it("mail the new key when it is rotated, and succeed while the provider is down", async () => {
    const postbox = newPostbox();
    const headers = await asOwner();
    const issued = await askWith(postbox, "POST", "/v1/admin/licenses", { json: body, headers });
    const { license, key } = await issued.json<{ license: { id: string }; key: string }>();
    const rotate = () =>
      askWith(postbox, "POST", `/v1/admin/licenses/${license.id}/rotate-key`, { json: { reason: "leaked" }, headers });
    const rotated = await (await rotate()).json<{ key: string }>();
    expect(rotated.key).not.toBe(key);
    expect(postbox.letters.at(-1)?.text).toContain(rotated.key);
    expect(postbox.letters.at(-1)?.text).not.toContain(key);
    postbox.before = async () => {
      throw new Error("down");
    };
    expect((await rotate()).status).toBe(200);
    expect(await count("mails", "kind = 'key_rotated' AND sent_at IS NULL AND next_attempt_at IS NOT NULL")).toBe(1);
    expect(postbox.letters).toHaveLength(2);
    expectLogged("mail.failed");
  });
});
