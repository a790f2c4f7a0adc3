import { describe, expect, it } from "vitest";
import { isLegalText, mayNotSell, missingOf, sampleDocuments, sellerOf } from "../../../src/platform/config/seller.ts";

const COMPLETE = {
  SELLER_NAME: "rbee GmbH",
  SELLER_ADDRESS: "Hauptstr. 1, 10827 Berlin",
  SELLER_VAT_NUMBER: "DE123456789",
  SUPPORT_EMAIL: "help@rbee.test",
  TERMS: "https://rbee.test/terms",
  PRIVACY: "We store your address.",
  REFUNDS: "Within 14 days.",
  IMPRINT: "rbee GmbH",
};

describe("the seller", () => {
  it("has a document for a URL and for a text", () => {
    const { name, vatNumber, documents } = sellerOf(COMPLETE);
    expect([name, vatNumber]).toEqual(["rbee GmbH", "DE123456789"]);
    expect(documents.terms).toEqual({ url: "https://rbee.test/terms" });
    expect(documents.privacy).toEqual({ text: "We store your address." });
    expect(sellerOf({ ...COMPLETE, IMPRINT: " " }).documents.imprint).toBeNull();
  });

  it.each(["", "none", "None"])("has no VAT number for %j", (SELLER_VAT_NUMBER) => {
    expect(sellerOf({ ...COMPLETE, SELLER_VAT_NUMBER }).vatNumber).toBeNull();
  });

  it.each([
    ["https://rbee.test/terms", true],
    ["A text that names https://rbee.test", true],
    ["", true],
    ["http://rbee.test/terms", false],
    ["https://", false],
    ["https://rbee.test/terms and more", false],
  ])("takes %j as a document: %s", (text, isTaken) => {
    expect(isLegalText(text)).toBe(isTaken);
  });

  it("misses each variable that is not set; `none` sets the VAT number", () => {
    expect(missingOf({ ...COMPLETE, SELLER_VAT_NUMBER: "none" })).toEqual([]);
    expect(missingOf({ ...COMPLETE, SELLER_NAME: "", IMPRINT: "  " })).toEqual(["SELLER_NAME", "IMPRINT"]);
  });

  it("sells for real money only if nothing is missing", () => {
    expect(mayNotSell({ LIVEMODE: true, SELLER_MISSING: ["TERMS"] })).toBe(true);
    expect(mayNotSell({ LIVEMODE: true, SELLER_MISSING: [] })).toBe(false);
    expect(mayNotSell({ LIVEMODE: false, SELLER_MISSING: ["TERMS"] })).toBe(false);
  });

  it("has samples in development that say so, and keeps a document that is set", () => {
    const documents = sampleDocuments({ TERMS: "Ours.", PRIVACY: "", REFUNDS: "", IMPRINT: "" });
    expect(documents.TERMS).toBe("Ours.");
    expect(documents.PRIVACY).toMatch(/^This is a sample for development/);
  });
});
