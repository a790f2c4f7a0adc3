import { expect, it } from "vitest";
import { checkMailDns } from "../../../src/cli/doctor/mail-dns.ts";
import { serveDns } from "../../support/node/dns-server.ts";

/** The records that `wrangler email sending enable rbee.dev` makes. */
const ONBOARDED = {
  "cf-bounce.rbee.dev": {
    MX: ["route1.mx.cloudflare.net", "route2.mx.cloudflare.net"],
    TXT: ["v=spf1 include:_spf.mx.cloudflare.net ~all"],
  },
  "cf-bounce._domainkey.rbee.dev": { TXT: [`v=DKIM1; h=sha256; k=rsa; p=${"MIIB".repeat(98)}`] },
  "_dmarc.rbee.dev": { TXT: ["v=DMARC1; p=reject;"] },
};

/** The status of each record when the DNS has this zone. */
async function statuses(zone: Parameters<typeof serveDns>[0]): Promise<string[]> {
  const dns = await serveDns(zone);
  try {
    const findings = await checkMailDns("rbee.dev", dns.address);
    return findings.map(({ subject, status }) => `${subject} ${status}`);
  } finally {
    dns.close();
  }
}

it("checkMailDns: passes for a domain that is onboarded", async () => {
  expect(await statuses(ONBOARDED)).toEqual(["bounces (MX) ok", "SPF ok", "DKIM ok", "DMARC ok"]);
});

it("checkMailDns: a domain that is not onboarded lacks every record, and only a policy is optional", async () => {
  expect(await statuses({})).toEqual(["bounces (MX) failed", "SPF failed", "DKIM failed", "DMARC warning"]);
});

it("checkMailDns: finds the mail server of another provider, and a revoked key", async () => {
  const zone = {
    ...ONBOARDED,
    "cf-bounce.rbee.dev": { MX: ["mx.example.com"], TXT: ["v=spf1 include:mailchannels.net ~all"] },
    "cf-bounce._domainkey.rbee.dev": { TXT: ["v=DKIM1; k=rsa; p="] },
  };
  expect(await statuses(zone)).toEqual(["bounces (MX) failed", "SPF failed", "DKIM failed", "DMARC ok"]);
});

it("checkMailDns: a DNS server that does not answer leaves the records unknown", async () => {
  const dns = await serveDns({});
  dns.close();
  const findings = await checkMailDns("rbee.dev", dns.address);
  expect(new Set(findings.map(({ status }) => status))).toEqual(new Set(["unknown"]));
});
