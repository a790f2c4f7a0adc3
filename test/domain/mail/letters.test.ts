import { describe, expect, it } from "vitest";
import { type LetterFacts, letterOf } from "../../../src/domain/mail/letters.ts";
import { renderLetter } from "../../../src/domain/mail/render.ts";
import { MAIL_KINDS, type MailKind } from "../../../src/platform/storage/mail-outbox.ts";
import { licenseRow, ROW_NOW } from "../../support/license-row.ts";

const KEY = "rbee_lic_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P0T5W8ZA3CF";
const LINK = "https://catalog.test/recover/kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M";

const END = Date.UTC(2027, 4, 31) / 1000;

const facts: LetterFacts = {
  plan: "Premium, lifetime",
  license: licenseRow({ machine_limit: 25, versions: "<2.0.0", expires_at: END }),
  key: KEY,
  data: {},
  at: ROW_NOW,
  isGraceGiven: true,
  recoveryUrl: LINK,
  accountUrl: "https://catalog.test/account",
  purchaseUrl: "https://marketplace.test/premium",
  installUrl: "https://catalog.test/install",
  activation: "rbee-catalog --url https://catalog.test activate --key-stdin",
  seller: {
    name: "rbee GmbH",
    address: "Hauptstr. 1, 10827 Berlin",
    vatNumber: "DE123456789",
    support: "help@catalog.test",
    documents: { terms: { text: "Terms." }, privacy: { url: "https://legal.test/" }, refunds: null, imprint: null },
  },
  siteUrl: "https://catalog.test",
  unsubscribeUrl: null,
};

const rendered = (kind: MailKind, more: Partial<LetterFacts> = {}) =>
  renderLetter(letterOf(kind, { ...facts, ...more }));

/** The text that a reader of the HTML sees. */
const visible = (html: string): string =>
  html
    .replace(/<head>.*<\/head>/s, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");

describe.each(MAIL_KINDS)("a %s mail", (kind) => {
  it("has the same content as text and as HTML, and names its plan or purpose in one line", async () => {
    const { subject, text, html } = await rendered(kind);
    expect(subject).toMatch(/^[\x20-\x7e]{10,120}$/);
    for (const line of text
      .split("\n")
      .filter((line) => line !== "" && line !== "--" && !line.startsWith("https://"))) {
      expect(visible(html)).toContain(line.replaceAll(/\s+/g, " ").trim().replace(/:$/, ""));
    }
    for (const [link] of text.matchAll(/^https:\/\/\S+$/gm)) expect(html).toContain(`href="${link}"`);
  });

  it("loads nothing, runs nothing, and sets no colors", async () => {
    const { html } = await rendered(kind);
    expect(html).not.toMatch(/<(script|img|link|iframe|style|table)|\bsrc=|url\(|(?<![-\w])(color|background)\s*:/i);
    expect(html).toContain('name="color-scheme" content="light dark"');
  });

  it("shows hostile values unchanged, and never in the header or the markup", async () => {
    const plan = '"><script>alert(1)</script>\r\nBcc: all@example.com\u0000&amp;';
    const { subject, html } = await rendered(kind, { plan });
    expect(subject).not.toMatch(/\p{Cc}/u);
    expect(html).not.toContain("<script");
    expect(html.match(/<title>(.*)<\/title>/)?.[1]).not.toContain("<");
  });
});

describe("content of only some mails", () => {
  it.each(["license_key", "key_rotated"] as const)(
    "%s has the key, what it opens and the next command",
    async (kind) => {
      const { text, subject } = await rendered(kind);
      expect(text).toContain(`\n    ${KEY}\n`);
      expect(text).toContain(`\n    ${facts.activation}\n`);
      // Without a worker's name the script installs a free one, and never asks for the key.
      expect(text).toMatch(/\n {4}curl -fsSL https:\S+\/install\.sh \| sh -s -- llm-worker-rbee-premium-\w+\n/);
      // A copied command stays in the shell's history, with everything in it.
      expect(text.split(KEY)).toHaveLength(2);
      expect(subject).not.toContain("rbee_lic_");
      if (kind === "license_key") expect(text).toContain("versions <2.0.0 on up to 25 machines");
    },
  );

  it("the key is in no other mail", async () => {
    for (const kind of MAIL_KINDS.filter((kind) => kind !== "license_key" && kind !== "key_rotated")) {
      const { text, html } = await rendered(kind);
      expect(text + html).not.toContain(KEY);
    }
  });

  it("the link is only in recovery_link", async () => {
    for (const kind of MAIL_KINDS) {
      const { text } = await rendered(kind);
      expect(text.includes(LINK)).toBe(kind === "recovery_link");
    }
  });

  it("a trial names the machines that it covers, if more are paid for afterwards", async () => {
    const trial = { trial_ends_at: END, subscription_state: "active", expires_at: END } as const;
    const price = { price_amount: 49_500, price_currency: "usd", price_interval: "month" } as const;
    const license = licenseRow({ ...trial, ...price, machine_limit: 10, machine_limit_paid: 25 });
    const { text } = await rendered("trial_started", { license });
    expect(text).toContain("it costs $495/month, plus tax where it applies.");
    expect(text).toContain("During the trial it covers 10 machines, and 25 after the first payment.");
  });

  it("the end is given as a day", async () => {
    const until = { data: { until: END } };
    expect((await rendered("license_expiring", until)).subject).toBe("Your rbee license ends on 31 May 2027");
    const endless = await rendered("license_key", { license: licenseRow({ machine_limit: 1 }) });
    expect(endless.text).toContain("Covers all premium workers on one machine. This license does not end.");
  });
});

describe("the end of a mail", () => {
  it("names the seller with its VAT number, and the documents that it has published", async () => {
    const { text } = await rendered("license_key");
    expect(text).toContain("rbee GmbH, Hauptstr. 1, 10827 Berlin, VAT number DE123456789");
    expect(text).toContain("Terms: https://catalog.test/terms\nPrivacy: https://catalog.test/privacy\n");
    expect(text).not.toMatch(/Refunds:|Imprint:/);
  });
});
