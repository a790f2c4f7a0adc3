import type { IncomingMessage, ServerResponse } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { checkOutside } from "../../src/cli/doctor/outside.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import type { Run } from "./program-run.ts";
import type { Catalog } from "./running-catalog.ts";
import { sharedCatalog } from "./shared-catalog.ts";

/** `rbee-catalog doctor` on a running catalog, at its own address and behind zones that are set wrong. */

const Report = z.object({
  url: z.string(),
  complete: z.boolean(),
  deployment: z.object({ public_url: z.string() }).nullable(),
  summary: z.object({ ok: z.number(), warning: z.number(), failed: z.number(), unknown: z.number() }),
  findings: z.array(z.object({ check: z.string(), subject: z.string().nullable(), status: z.string() })),
});

let catalog: Catalog;
beforeAll(async () => {
  catalog = await sharedCatalog();
});

const doctor = (env: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> =>
  runCli(["doctor", ...args], { DEV_DIR: "/nonexistent", RBEE_CATALOG_URL: catalog.url, RBEE_ADMIN_TOKEN: "", ...env });

/** The findings that do not pass, as `check subject`. */
const faultsIn = ({ findings }: z.output<typeof Report>): string[] =>
  findings.filter(({ status }) => status !== "ok").map(({ check, subject }) => [check, subject].join(" ").trim());

type Zone = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A zone in front of the catalog. `rule` answers a request itself and returns true, or lets it pass. */
const serveZone = (rule: Zone) =>
  serve(async (request, response) => {
    if (rule(request, response)) return;
    const { method = "GET", url = "/", headers } = request;
    const body = method === "POST" ? "{}" : undefined;
    const forwarded = ["user-agent", "authorization"].flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value] as const] : [];
    });
    const answer = await fetch(catalog.url + url, {
      method,
      headers: Object.fromEntries(forwarded),
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    for (const [name, value] of answer.headers) if (!name.startsWith("content-")) response.setHeader(name, value);
    response.setHeader("Content-Type", answer.headers.get("Content-Type") ?? "");
    response.writeHead(answer.status).end(await answer.text());
  });

describe("a catalog that works", () => {
  it("has no failed check, and exits with 0 or with the one check that waits for the cron", async () => {
    const { code, stdout } = await doctor({ RBEE_ADMIN_TOKEN: catalog.adminToken }, "--json");
    const report = Report.parse(JSON.parse(stdout));
    expect([report.complete, report.deployment?.public_url]).toEqual([true, catalog.url]);
    const settling = ["cron", "queue delivery of jobs", "backlog", "job", "dead-letters"];
    // All tests on this catalog issue licenses by one token.
    const warnings = ["admin-acts"];
    const faults = faultsIn(report).filter((fault) => ![...settling, ...warnings].some((one) => fault.startsWith(one)));
    expect(faults).toEqual([]);
    expect(code).toBe(report.summary.failed === 0 ? 0 : 8);
    expect(report.findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["reachable", "challenge", "document", "cache", "secret", "store", "token-key"]),
    );
  });

  it("gets the checks from outside without a token, and says that the rest needs one", async () => {
    const { code, stdout, stderr } = await doctor({});
    expect([code, stderr]).toEqual([0, expect.stringContaining("RBEE_ADMIN_TOKEN")]);
    expect(stdout).toMatch(/All \d+ checks pass\.\n$/);
    expect(stdout).not.toContain("secret");
    expect(Report.parse(JSON.parse((await doctor({}, "--json")).stdout)).complete).toBe(false);
  });

  it("has the failed check `admin-token` for a wrong token, and still the checks from outside", async () => {
    const { code, stdout, stderr } = await doctor({ RBEE_ADMIN_TOKEN: "rbee_adm_wrong" });
    expect(code).toBe(8);
    expect(stdout).toMatch(/FAILED +admin-token +This is not an admin token/);
    expect(stdout).toContain("/install.sh is served");
    expect(stderr).toContain("A check failed.");
  });
});

describe("a zone in front of the catalog", () => {
  /** The faults of the checks from outside behind `rule`. `plain`: the zone also answers by plain http. */
  const faultsBehind = async (rule: Zone, plain = false): Promise<string[]> => {
    const zone = await serveZone(rule);
    try {
      const findings = await checkOutside(zone.url, plain ? zone.url : null);
      return findings.filter(({ status }) => status !== "ok").map(({ check, subject }) => `${check} ${subject}`);
    } finally {
      zone.close();
    }
  };

  it("is found out if it challenges Stripe and git", async () => {
    const faults = await faultsBehind((request, response) => {
      if (!/Stripe|git\//.test(request.headers["user-agent"] ?? "")) return false;
      response.writeHead(403, { "cf-mitigated": "challenge", "Content-Type": "text/html" }).end("Just a moment...");
      return true;
    });
    expect(faults).toEqual(["challenge git at /rbee.git/info/refs", "challenge Stripe at /v1/stripe/webhook"]);
  });

  it("is found out if it challenges everyone: the service is not reachable, and no other check repeats it", async () => {
    const faults = await faultsBehind((_request, response) => {
      response.writeHead(503, { "cf-mitigated": "challenge", "Content-Type": "text/html" }).end("Just a moment...");
      return true;
    });
    expect(faults[0]).toBe("reachable null");
    expect(faults.slice(1).every((fault) => fault.startsWith("challenge"))).toBe(true);
  });

  it("is found out if it does not redirect plain http", async () => {
    expect(await faultsBehind(() => false, true)).toEqual(["https-redirect null"]);
  });

  it("is found out if it caches everything", async () => {
    let seen = 0;
    const faults = await faultsBehind((request, response) => {
      if (request.url !== "/health") return false;
      response
        .writeHead(200, { "X-Request-Id": "cached-answer", "CF-Cache-Status": seen++ === 0 ? "MISS" : "HIT" })
        .end('{"status":"ok"}');
      return true;
    });
    expect(faults).toEqual(["cache /health"]);
  });

  it("is not reachable if nothing answers", async () => {
    const findings = await checkOutside("http://127.0.0.1:9");
    expect(findings.map(({ check, status }) => [check, status])).toEqual([["reachable", "failed"]]);
  });
});
