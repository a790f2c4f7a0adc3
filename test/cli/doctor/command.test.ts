import { afterEach, expect, it } from "vitest";
import * as z from "zod";
import { checkConfiguration } from "../../../src/domain/doctor/check/configuration.ts";
import { type Finding, fail, pass, summaryOf, warn } from "../../../src/domain/doctor/finding.ts";
import type { Run } from "../../end-to-end/program-run.ts";
import { serveDns } from "../../support/node/dns-server.ts";
import { serve } from "../../support/node/http-server.ts";
import { runCli } from "../../support/node/run-cli.ts";

/** `rbee-catalog doctor` and the answers of the service to it. test/end-to-end/doctor.test.ts runs it on a catalog. */

const Printed = z.object({
  complete: z.boolean(),
  findings: z.array(z.object({ check: z.string(), subject: z.string().nullable(), status: z.string() })),
});

const DEPLOYMENT = { name: "", public_url: "https://catalog.rbee.dev", livemode: true, mail_domain: "rbee.dev" };

let closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes) close();
  closes = [];
});

/** Runs `doctor` on a service that answers only `/v1/admin/doctor`, with this status and body. */
async function doctorOf(status: number, body: unknown, ...args: string[]): Promise<Run> {
  const server = await serve((request, response) => {
    response.setHeader("X-Request-Id", crypto.randomUUID());
    if (request.url !== "/v1/admin/doctor") {
      response.writeHead(503).end('{"code":"SERVICE_UNAVAILABLE","detail":"The service is not configured."}');
    } else {
      response.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    }
  });
  closes.push(server.close);
  const env = { DEV_DIR: "/nonexistent", RBEE_CATALOG_URL: server.url, RBEE_ADMIN_TOKEN: "rbee_adm_x" };
  return runCli(["doctor", ...args], env);
}

const report = (findings: readonly Finding[], deployment: typeof DEPLOYMENT | null = DEPLOYMENT) => ({
  at: "2026-11-28T20:00:00Z",
  deployment,
  summary: summaryOf(findings),
  findings,
});

/** The text without its line breaks and columns. */
const unwrapped = (text: string): string => text.replaceAll(/\s+/g, " ");

it("doctor: names each faulty variable while the service answers 503 to everything else", async () => {
  const faults = checkConfiguration([{ variable: "LICENSE_KEY_SECRET", message: "must be at least 32 random bytes" }]);
  const { code, stdout } = await doctorOf(200, report(faults, null));
  expect(code).toBe(8);
  const text = unwrapped(stdout);
  expect(text).toMatch(/FAILED reachable The catalog answers GET \S+ with 503\. The service is not configured\./);
  expect(text).toContain("FAILED configuration LICENSE_KEY_SECRET: must be at least 32 random bytes.");
  expect(text).toContain("npx wrangler secret put LICENSE_KEY_SECRET");
  const json = await doctorOf(200, report(faults, null), "--json");
  expect(Printed.parse(JSON.parse(json.stdout)).complete).toBe(false);
  expect(JSON.parse(json.stderr)).toEqual({ message: "2 checks failed.", exit_code: 8 });
});

it.each([
  ["an older service", 404, "{}", "Its version is older"],
  ["a refusal", 403, '{"code":"INSUFFICIENT_SCOPE","detail":"This needs the scope stats:read."}', "stats:read"],
  ["the page of a proxy", 502, "<html>Bad gateway</html>", "HTTP 502"],
  ["another service", 200, '{"hello":"world"}', "not the report of a catalog"],
])("doctor: %s is the failed check admin-token", async (_case, status, body, reason) => {
  const { code, stdout } = await doctorOf(status, body);
  expect(code).toBe(8);
  expect(unwrapped(stdout)).toMatch(new RegExp(`FAILED admin-token .*${reason}`));
});

it("doctor: shows the checks of a newer service at the end", async () => {
  const newer = { ...warn("cron", "It is new."), check: "quantum" };
  const { stdout } = await doctorOf(200, { ...report([]), findings: [newer, pass("cron", "It runs.")] }, "--json");
  const { findings } = Printed.parse(JSON.parse(stdout));
  expect(findings.at(-1)).toMatchObject({ check: "quantum", status: "warning" });
});

it("doctor: looks up the sending domain that the service names, at the given DNS server", async () => {
  const dns = await serveDns({ "_dmarc.rbee.dev": { TXT: ["v=DMARC1; p=reject;"] } });
  closes.push(dns.close);
  const { stdout } = await doctorOf(200, report([fail("cron", "It stands.")]), "--dns", dns.address, "--json");
  const mail = Printed.parse(JSON.parse(stdout)).findings.filter(({ check }) => check === "mail-dns");
  expect(mail.map(({ subject, status }) => `${subject} ${status}`)).toEqual([
    "bounces (MX) failed",
    "SPF failed",
    "DKIM failed",
    "DMARC ok",
  ]);
});

it("doctor: --workers-dev needs the name of a deployed Worker", async () => {
  const { code, stderr } = await doctorOf(200, report([]), "--workers-dev", "ada");
  expect([code, stderr]).toEqual([2, expect.stringContaining("--workers-dev needs an admin token")]);
});
