import { describe, expect, it } from "vitest";
import { webhookUrl } from "../../../../src/domain/webhooks/endpoint/url.ts";

const production = {
  ENVIRONMENT: "production" as const,
  PUBLIC_URL: "https://catalog.rbee.dev",
  OTHER_ORIGINS: ["https://gwc.rbee.dev"],
};
const development = { ENVIRONMENT: "development" as const, PUBLIC_URL: "http://localhost:8787", OTHER_ORIGINS: [] };

const PUBLIC = "must name a public host, not an address and not a name of a private network";

describe("the URL of a webhook endpoint", () => {
  it.each([
    ["https://crm.example.com/hooks?source=rbee", "https://crm.example.com/hooks?source=rbee"],
    [" https://CRM.Example.com:443/a ", "https://crm.example.com/a"],
    ["https://crm.example.com:8443/", "https://crm.example.com:8443/"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://xn--e1afmkfd.xn--p1ai/", "https://xn--e1afmkfd.xn--p1ai/"],
  ])("%s is accepted as %s", (text, url) => {
    expect(webhookUrl(text, production)).toEqual({ ok: true, value: url });
  });

  it.each([
    ["http://crm.example.com/", "must be an https URL"],
    ["ftp://crm.example.com/", "must be an https URL"],
    ["javascript:alert(1)", "must be an https URL"],
    ["crm.example.com", "must be a URL"],
    ["https://", "must be a URL"],
    ["https://user@crm.example.com/", "must have no user name and no password"],
    ["https://:secret@crm.example.com/", "must have no user name and no password"],
    ["https://crm.example.com/#a", "must have no fragment"],
    ["https://crm.example.com:22/", "must use port 443 or 8443"],
    ["https://crm.example.com:80/", "must use port 443 or 8443"],
    ["https://catalog.rbee.dev/v1/stripe/webhook", "must not be this service itself"],
    ["https://catalog.rbee.dev:8443/", "must not be this service itself"],
    ["https://gwc.rbee.dev/", "must not be this service itself"],
  ])("%s is refused: it %s", (text, error) => {
    expect(webhookUrl(text, production)).toEqual({ ok: false, error });
  });

  it.each([
    ...["https://localhost/", "https://127.0.0.1/", "https://127.1/", "https://0x7f000001/", "https://2130706433/"],
    ...["https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fd00::1]/", "https://10.0.0.1/", "https://0/"],
    ...[
      "https://169.254.169.254/latest/meta-data/",
      "https://１２７.０.０.１/",
      "https://printer/",
      "https://nas.local/",
    ],
    ...["https://db.internal/", "https://a.localhost/", "https://nas.home.arpa/", "https://1.0.0.127.in-addr.arpa/"],
    ...["https://hidden.onion/", "https://crm.example.com./", "https://a..b.com/", "https://catalog.test/"],
  ])("%s is refused as a private one", (text) => {
    const refused = webhookUrl(text, production);
    expect([PUBLIC, "must be a URL"]).toContain(refused.ok ? refused.value : refused.error);
  });

  it("may be on loopback in development, but not this service", () => {
    expect(webhookUrl("http://127.0.0.1:9450/hook", development).ok).toBe(true);
    expect(webhookUrl("http://localhost:9450/hook", development).ok).toBe(true);
    expect(webhookUrl("http://localhost:8787/v1/stripe/webhook", development).ok).toBe(false);
    expect(webhookUrl("http://10.0.0.1/hook", development).ok).toBe(false);
    expect(webhookUrl("http://crm.example.com/hook", development).ok).toBe(false);
  });
});
