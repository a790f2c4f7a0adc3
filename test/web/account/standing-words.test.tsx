import fc from "fast-check";
import type { Child } from "hono/jsx";
import { describe, expect, it } from "vitest";
import { type LicenseRow, standingOf } from "../../../src/domain/licensing/license/record.ts";
import { DAY } from "../../../src/lib/time.ts";
import { standingOnPage } from "../../../src/web/account/standing-words.tsx";
import { licenseRow, ROW_NOW } from "../../support/license-row.ts";

const NOW = ROW_NOW;

const textOf = async (node: Child): Promise<string> =>
  String(await (<p>{node}</p>))
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ");

async function said(facts: Partial<LicenseRow>, since: number | null = null, graceDays = 7) {
  const row = licenseRow(facts);
  const places = { PURCHASE_URL: "https://shop.test/", GRACE_DAYS: graceDays, SUPPORT_EMAIL: "help@shop.test" };
  const { label, says, todo } = standingOnPage(row, standingOf(row, NOW), { since, now: NOW }, places);
  return [label, await textOf(says), await textOf(todo)];
}

describe("a license's standing in words", () => {
  const subscription = { subscription_state: "active", expires_at: NOW + 10 * DAY, grace_seconds: 7 * DAY } as const;

  it("never says canceled without grace periods, because only they tell a renewal from an end", async () => {
    expect(await said({ ...subscription, grace_seconds: 0 }, null, 0)).toEqual([
      "Active",
      "This license is paid until 13 May 2027.",
      "Whether it renews is shown under invoices and billing.",
    ]);
  });

  it.each<[string, Partial<LicenseRow>, number | null, [string, string, string]]>([
    ["endless", {}, null, ["Active", "This license does not end.", ""]],
    ["limited", { expires_at: NOW + DAY }, null, ["Active", "This license works until 4 May 2027.", ""]],
    ["subscribed", subscription, null, ["Active", "This license renews on 13 May 2027.", ""]],
    [
      "canceled",
      { ...subscription, grace_seconds: 0 },
      null,
      [
        "Active",
        "This license is canceled: it works until 13 May 2027 and ends then.",
        "Changed your mind? Undo the cancellation under invoices and billing.",
      ],
    ],
    [
      "in grace",
      { ...subscription, subscription_state: "past_due", expires_at: NOW - DAY },
      null,
      [
        "Payment due",
        "The last payment failed. The license works until 9 May 2027.",
        "To keep it, pay under invoices and billing.",
      ],
    ],
    [
      "unpaid",
      { ...subscription, subscription_state: "past_due", expires_at: NOW - 10 * DAY },
      NOW - 3 * DAY,
      [
        "On hold",
        "On hold since 30 April 2027, because the last payment failed. It opens no new downloads. Installed workers keep running.",
        "To use it again, pay under invoices and billing.",
      ],
    ],
    [
      "disputed",
      { dispute_state: "open" },
      NOW,
      [
        "On hold",
        "On hold since 3 May 2027, because the payment for it is disputed at the bank. It opens no new downloads. Installed workers keep running.",
        "It becomes active again if the dispute is decided in our favor. If the dispute is a mistake, withdraw it at your bank.",
      ],
    ],
    [
      "refunded",
      { refund_state: "full" },
      NOW,
      [
        "Ended",
        "This license ended on 3 May 2027, because we refunded its payment. It opens no new downloads. Installed workers keep running.",
        "Buy a new license",
      ],
    ],
    [
      "charged back",
      { dispute_state: "lost", refund_state: "full" },
      null,
      [
        "Ended",
        "This license ended, because the bank returned its payment to you. It opens no new downloads. Installed workers keep running.",
        "Buy a new license",
      ],
    ],
    [
      "ended",
      { subscription_state: "ended", expires_at: NOW - DAY },
      NOW - DAY,
      [
        "Ended",
        "The subscription of this license ended on 2 May 2027. It opens no new downloads. Installed workers keep running.",
        "Buy a new license",
      ],
    ],
    [
      "expired",
      { expires_at: NOW - DAY },
      NOW - DAY,
      [
        "Ended",
        "This license ended on 2 May 2027. It opens no new downloads. Installed workers keep running.",
        "Buy a new license",
      ],
    ],
    [
      "put on hold",
      { admin_state: "suspended" },
      NOW,
      [
        "On hold",
        "We put this license on hold on 3 May 2027. It opens no new downloads. Installed workers keep running.",
        "Questions? Write to us",
      ],
    ],
    [
      "revoked",
      { admin_state: "revoked" },
      NOW,
      [
        "Revoked",
        "We revoked this license on 3 May 2027. It opens no new downloads. Installed workers keep running.",
        "Questions? Write to us",
      ],
    ],
  ])("when it is %s", async (_, facts, since, words) => {
    expect(await said(facts, since)).toEqual(words);
  });

  it("always has a statement, and shows no reason of an admin", async () => {
    const time = fc.option(fc.integer({ min: NOW - 60 * DAY, max: NOW + 60 * DAY }));
    const facts = fc.record({
      admin_state: fc.constantFrom("none", "suspended", "revoked"),
      refund_state: fc.constantFrom("none", "partial", "full"),
      dispute_state: fc.constantFrom("none", "open", "won", "lost"),
      subscription_state: fc.constantFrom("none", "active", "past_due", "suspended", "ended"),
      expires_at: time,
      extended_until: time,
      grace_seconds: fc.constantFrom(0, 7 * DAY),
    });
    await fc.assert(
      fc.asyncProperty(facts, time, async (facts, since) => {
        const [label = "", says = "", todo = ""] = await said(facts, since);
        expect(label).toMatch(/^(Active|Trial|Payment due|On hold|Revoked|Ended)$/);
        expect(says).toMatch(/^[A-Z].{10,}\.$/);
        expect(says + todo).not.toMatch(/note for admins|undefined|null|NaN|Invalid/);
      }),
    );
  });
});
