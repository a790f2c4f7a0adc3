import { describe, expect, it } from "vitest";
import { foreignKeyForm } from "../../src/lib/foreign-key.ts";

const GUMROAD = "85DB562A-C11D4B06-A2335A6B-8C079166";

describe("the form of a key of another shop", () => {
  it("is the same for each way to type a key of one case", () => {
    const form = foreignKeyForm(GUMROAD);
    expect(form).toBe("85DB562AC11D4B06A2335A6B8C079166");
    for (const typed of [
      GUMROAD.toLowerCase(),
      `  "${GUMROAD}"\r\n`,
      GUMROAD.replaceAll("-", ""),
      GUMROAD.replace("-", "\u200b-"),
    ]) {
      expect(foreignKeyForm(typed)).toBe(form);
    }
  });

  it("is exact for a key of both cases, whose signature needs each letter", () => {
    const signed = "key/QUNNRS1rZXk=.c2lnbmF0dXJlIG9mIHRoZSBrZXk=";
    expect(foreignKeyForm(` ${signed}\n`)).toBe(signed);
    expect(foreignKeyForm(signed)).not.toBe(foreignKeyForm(signed.toLowerCase()));
  });

  it.each([
    ["a license key of ours", "rbee_lic_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P0T5W8ZA3CF"],
    ["an admin token", "rbee_adm_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P"],
    ["a JWT", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln"],
    ["a key that could be guessed", "ACME-1234-5678"],
    ["a key of hyphens", "--------------------"],
    ["characters that no credential has", "ключ-1234567890-1234567890"],
    ["a text that is too long", "A1".repeat(2_000)],
    ["nothing", ""],
  ])("is null for %s", (_name, text) => {
    expect(foreignKeyForm(text)).toBeNull();
  });
});
