import { Resolver } from "node:dns/promises";
import { type Finding, fail, pass, unclear, warn } from "../../domain/doctor/finding.ts";
import { messageOf } from "../../lib/error-message.ts";

/** The records of one name: their texts, or the reason that they could not be read. No record is an empty list. */
export type Records = { texts: string[] } | { error: string };

/** A DNS record that Cloudflare's Email Sending makes when a domain is onboarded. */
type Wanted = {
  subject: string;
  type: "TXT" | "MX";
  name: (domain: string) => string;
  isRight: (text: string) => boolean;
  missing: string;
};

/** From developers.cloudflare.com/email-service, "Domain configuration" and "Email authentication". */
const WANTED: readonly Wanted[] = [
  {
    subject: "bounces (MX)",
    type: "MX",
    name: (domain) => `cf-bounce.${domain}`,
    isRight: (text) => /\.mx\.cloudflare\.net$/i.test(text),
    missing: "no MX record of Cloudflare, so nobody learns of bounces",
  },
  {
    subject: "SPF",
    type: "TXT",
    name: (domain) => `cf-bounce.${domain}`,
    isRight: (text) => /^v=spf1\b.*\binclude:_spf\.mx\.cloudflare\.net\b/i.test(text),
    missing: "no SPF record that includes _spf.mx.cloudflare.net",
  },
  {
    subject: "DKIM",
    type: "TXT",
    name: (domain) => `cf-bounce._domainkey.${domain}`,
    // An empty `p` is a revoked key (RFC 6376, section 3.6.1).
    isRight: (text) => /\bp=[A-Za-z0-9+/]/.test(text),
    missing: "no DKIM key, so receivers cannot verify a mail's signature",
  },
  {
    subject: "DMARC",
    type: "TXT",
    name: (domain) => `_dmarc.${domain}`,
    isRight: (text) => /^v=DMARC1\b.*\bp=/i.test(text),
    missing: "no DMARC policy, and large providers refuse mail without one",
  },
];

/** Reads the records and checks each. `server`: the DNS server to ask, such as `1.1.1.1`; undefined: the system's. */
export async function checkMailDns(domain: string, server: string | undefined): Promise<Finding[]> {
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  return Promise.all(
    WANTED.map(async (wanted) => checkRecords(domain, wanted.subject, await read(resolver, wanted, domain))),
  );
}

/** Whether the records of `subject` are those that a sending domain needs. */
export function checkRecords(domain: string, subject: string, records: Records): Finding {
  const wanted = WANTED.find((one) => one.subject === subject);
  if (wanted === undefined) throw new Error(`no such record: ${subject}`);
  const name = wanted.name(domain);
  if ("error" in records) return unclear("mail-dns", `${name} could not be looked up: ${records.error}`, { subject });
  if (records.texts.some(wanted.isRight)) return pass("mail-dns", `${name} has its ${subject} record.`, { subject });
  // A domain with a policy of its parent may do without its own.
  return (subject === "DMARC" ? warn : fail)("mail-dns", `${name}: ${wanted.missing}.`, {
    subject,
    remedy: `\`npx wrangler email sending dns get ${domain}\` lists the records to set at the DNS of ${domain}.`,
  });
}

/** The answers of a DNS server that mean: there is no such record. */
const NONE = ["ENOTFOUND", "ENODATA"];

async function read(resolver: Resolver, { type, name }: Wanted, domain: string): Promise<Records> {
  try {
    if (type === "MX") return { texts: (await resolver.resolveMx(name(domain))).map(({ exchange }) => exchange) };
    return { texts: (await resolver.resolveTxt(name(domain))).map((parts) => parts.join("")) };
  } catch (error) {
    if (error instanceof Error && "code" in error && NONE.includes(String(error.code))) return { texts: [] };
    return { error: messageOf(error) };
  }
}
