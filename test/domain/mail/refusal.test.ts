import { describe, expect, it } from "vitest";
import { permanentRefusal } from "../../../src/domain/mail/refusal.ts";

/** An error as the `send_email` binding throws it. */
const thrown = (code: string, message = "refused"): Error => Object.assign(new Error(message), { code });

describe("a refusal of the mail provider", () => {
  it.each([
    "E_RECIPIENT_SUPPRESSED",
    "E_VALIDATION_ERROR",
    "E_FIELD_MISSING",
    "E_TOO_MANY_RECIPIENTS",
    "E_TOO_MANY_ATTACHMENTS",
    "E_CONTENT_TOO_LARGE",
    "E_HEADER_NOT_ALLOWED",
    "E_HEADERS_TOO_MANY",
  ])("%s is permanent", (code) => {
    expect(permanentRefusal(thrown(code))).toEqual(expect.any(String));
  });

  it.each([
    "E_RATE_LIMIT_EXCEEDED",
    "E_DAILY_LIMIT_EXCEEDED",
    "E_INTERNAL_SERVER_ERROR",
    "E_SENDER_NOT_VERIFIED",
    "E_SENDER_DOMAIN_NOT_AVAILABLE",
    "E_RECIPIENT_NOT_ALLOWED",
    "E_DELIVERY_FAILED",
    "E_SOMETHING_NEW",
    "constructor",
  ])("%s is temporary, or can be changed by an operator", (code) => {
    expect(permanentRefusal(thrown(code))).toBeNull();
  });

  it.each([
    ["550 5.1.1 The email account that you tried to reach does not exist", true],
    ["SMTP error: 553 mailbox name not allowed", true],
    ["5.7.1 message content rejected", true],
    ["421 try later", false],
    ["450 4.2.1 mailbox busy", false],
    ["452 4.2.2 mailbox full", false],
    ["552 5.2.2 mailbox full", false],
    ["timeout after 5500 ms at 203.0.113.550", false],
    ["connection to 192.0.2.5 closed", false],
  ])("a failed delivery is permanent by the status of the recipient's server: %s", (message, isPermanent) => {
    expect(permanentRefusal(thrown("E_DELIVERY_FAILED", message)) !== null).toBe(isPermanent);
  });

  it("without a code is temporary", () => {
    for (const error of [new Error("550 gone"), "E_RECIPIENT_SUPPRESSED", null, thrown("")]) {
      expect(permanentRefusal(error)).toBeNull();
    }
  });
});
