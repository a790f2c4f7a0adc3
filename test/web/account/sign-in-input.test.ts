import { describe, expect, it } from "vitest";
import { readSignIn } from "../../../src/web/account/sign-in-input.ts";

const KEY = "rbee_lic_06H0JM1851Z93CPT0M0HB8NP98";

describe("the sign-in's field", () => {
  it.each([
    KEY,
    ` ${KEY}\r\n`,
    `RBEE_LICENSE_TOKEN=${KEY}`,
    `Your key: ${KEY}`,
    `${KEY.slice(0, 20)}\u00ad${KEY.slice(20)}\u200b`,
    "an unknown text",
  ])("takes %j as a key", (sent) => {
    const { kind, text } = readSignIn(sent);
    expect(kind).toBe("key");
    expect(text.trim()).toBe(sent.includes("rbee_lic_") ? KEY : sent);
  });

  it.each([
    "ada@example.com",
    " ada@example.com\u200b ",
    "mailto:ada@example.com",
    "Ada Lovelace <ada@example.com>",
    '"ada@example.com",',
    "<ada@example.com>",
    "(ada@example.com).",
  ])("takes %j as an email address", (sent) => {
    expect(readSignIn(sent)).toEqual({ kind: "email", text: "ada@example.com" });
  });

  it("leaves the faults of an address to the check of addresses", () => {
    expect(readSignIn("ada@")).toEqual({ kind: "email", text: "ada@" });
    expect(readSignIn("a b@example.com")).toEqual({ kind: "email", text: "a b@example.com" });
  });
});
