import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mailboxOf, trialMark } from "../../../../src/domain/licensing/trial/mark.ts";

describe("the mailbox of an address", () => {
  it.each([
    ["Ada@Example.COM", "ada@example.com"],
    ["ada+trial2@example.com", "ada@example.com"],
    ["a.d.a+x+y@gmail.com", "ada@gmail.com"],
    ["A.da@GoogleMail.com", "ada@gmail.com"],
    ["a.da@example.com", "a.da@example.com"],
    ["müller@bücher.example", "müller@xn--bcher-kva.example"],
    ["ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"],
    ["ADA@BÜCHER.example.", "ada@xn--bcher-kva.example"],
    ["ａｄａ@example.com", "ada@example.com"],
    ["+tag@example.com", "+tag@example.com"],
    ["ada@exa/mple.com", "ada@exa/mple.com"],
  ])("of %s is %s", (address, mailbox) => {
    expect(mailboxOf(address)).toBe(mailbox);
  });

  it("is its own mailbox", () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const mailbox = mailboxOf(address);
        expect(mailboxOf(mailbox)).toBe(mailbox);
      }),
    );
  });
});

describe("a mark", () => {
  const secretOf = (byte: number) =>
    crypto.subtle.importKey("raw", new Uint8Array(32).fill(byte), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);

  it("differs by secret, kind and text, and has nothing of the text", async () => {
    const [one, other] = await Promise.all([secretOf(1), secretOf(2)]);
    const marks = await Promise.all([
      trialMark(one, "address", "ada@example.com"),
      trialMark(other, "address", "ada@example.com"),
      trialMark(one, "card", "ada@example.com"),
      trialMark(one, "address", "eve@example.com"),
    ]);
    expect(new Set(marks.map(({ hash }) => hash)).size).toBe(4);
    expect(await trialMark(one, "address", "ada@example.com")).toEqual(marks[0]);
    for (const { hash } of marks) expect(hash).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});
