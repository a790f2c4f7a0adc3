import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/cli/doctor/answer.ts";
import { checkCertificate, readTls } from "../../../src/cli/doctor/certificate.ts";
import {
  checkCache,
  checkChallenge,
  checkClock,
  checkDocument,
  checkHsts,
  checkReachable,
  checkRedirect,
  checkWorkersDev,
  DOCUMENTS,
} from "../../../src/cli/doctor/front.ts";
import { plainUrlOf } from "../../../src/cli/doctor/outside.ts";
import { formatFindings, widthOf, wrap } from "../../../src/cli/doctor/render.ts";
import { serve } from "../../support/node/http-server.ts";

const URL_ = "https://catalog.rbee.dev";

const answer = (status: number, headers: Record<string, string> = {}, body = ""): Answer => ({
  status,
  headers: new Headers(headers),
  body,
});

/** An answer of the catalog itself: it has an id. */
const catalog = (status = 200, headers: Record<string, string> = {}, body = ""): Answer =>
  answer(status, { "X-Request-Id": crypto.randomUUID(), ...headers }, body);

const HTML = { "Content-Type": "text/html; charset=UTF-8" };
const DOWN: Answer = { error: "connect ECONNREFUSED" };

it.each([
  ["the catalog's 200", catalog(), "ok"],
  ["a 200 of something else", answer(200, HTML), "failed"],
  ["the catalog's 503", catalog(503, {}, '{"detail":"The service is not configured."}'), "failed"],
  ["no answer", DOWN, "failed"],
])("checkReachable: %s", (_case, given, status) => {
  expect(checkReachable(URL_, given).status).toBe(status);
});

it("checkReachable: gives the catalog's own reason", () => {
  const given = catalog(503, {}, '{"title":"x","detail":"The service is not configured."}');
  expect(checkReachable(URL_, given).detail).toContain("The service is not configured.");
});

it.each([
  ["the catalog's answer", catalog(404), "ok"],
  // developers.cloudflare.com, "Detect a Challenge Page response": every challenge has this header.
  ["a managed challenge", answer(403, { ...HTML, "cf-mitigated": "challenge" }), "failed"],
  ["a challenge with the status of a limit", answer(429, { ...HTML, "cf-mitigated": "challenge" }), "failed"],
  ["a block page", answer(403, HTML), "failed"],
  ["an Under Attack page", answer(503, HTML), "failed"],
  ["no answer", DOWN, "unknown"],
])("checkChallenge: %s", (_case, given, status) => {
  expect(checkChallenge("Stripe", "/v1/stripe/webhook", given)).toMatchObject({
    status,
    subject: "Stripe at /v1/stripe/webhook",
  });
});

it("checkChallenge: finds Cloudflare Access in front of hives, with its own remedy", () => {
  const location = "https://ada.cloudflareaccess.com/cdn-cgi/access/login/catalog.rbee.dev";
  expect(checkChallenge("curl", "/health", answer(302, { Location: location }))).toMatchObject({
    status: "failed",
    remedy: expect.stringContaining("/admin"),
  });
});

it.each([
  ["two months", Date.UTC(2027, 0, 28), "ok"],
  ["three days", Date.UTC(2026, 11, 1), "warning"],
  ["an unknown time", Number.NaN, "unknown"],
])("checkCertificate: one that is valid for %s", (_case, validTo, status) => {
  expect(checkCertificate({ protocol: "TLSv1.3", validTo }, Date.UTC(2026, 10, 28)).status).toBe(status);
});

it("checkCertificate: a host without TLS, or with a certificate that nobody accepts, fails", async () => {
  const plain = await serve((_request, response) => response.end());
  try {
    const fact = await readTls(new URL(plain.url));
    expect(checkCertificate(fact, Date.now())).toMatchObject({
      status: "failed",
      detail: expect.stringMatching(/TLS/),
    });
  } finally {
    plain.close();
  }
  expect(checkCertificate({ error: "certificate has expired" }, 0).detail).toContain("certificate has expired");
});

it.each([
  ["a redirect to https", answer(301, { Location: "https://catalog.rbee.dev/health" }), "ok"],
  ["a redirect to http", answer(301, { Location: "http://www.rbee.dev/health" }), "failed"],
  ["an answer", catalog(), "failed"],
  ["no answer", DOWN, "ok"],
])("checkRedirect: %s to plain http", (_case, given, status) => {
  expect(checkRedirect("http://catalog.rbee.dev/health", given).status).toBe(status);
});

it.each([
  ["a year", catalog(200, { "Strict-Transport-Security": "max-age=31536000" }), "ok"],
  ["a day", catalog(200, { "Strict-Transport-Security": "max-age=86400" }), "warning"],
  ["none", catalog(), "warning"],
  ["no answer", DOWN, "unknown"],
])("checkHsts: %s", (_case, given, status) => {
  expect(checkHsts(given).status).toBe(status);
});

describe("checkCache", () => {
  const id = { "X-Request-Id": "same-request" };
  it.each([
    ["two answers of the catalog", [catalog(), catalog()], "ok"],
    ["answers that Cloudflare did not cache", [catalog(), catalog(200, { "CF-Cache-Status": "DYNAMIC" })], "ok"],
    ["a hit", [catalog(), catalog(200, { "CF-Cache-Status": "HIT" })], "failed"],
    ["an answer with an age", [catalog(), catalog(200, { Age: "12" })], "failed"],
    ["the same answer twice", [answer(200, id), answer(200, id)], "failed"],
    ["no answer", [catalog(), DOWN], "unknown"],
  ] as const)("%s", (_case, given, status) => {
    expect(checkCache("/health", given).status).toBe(status);
  });
});

it.each([
  ["the same second", 0, "ok"],
  ["half a minute ahead", -30, "warning"],
  ["two minutes behind", 120, "failed"],
  ["two minutes ahead", -120, "failed"],
])("checkClock: a machine whose clock is %s", (_case, seconds, status) => {
  const now = Date.UTC(2026, 10, 28, 20);
  expect(checkClock(new Date(now + seconds * 1000).toUTCString(), now, now + 50).status).toBe(status);
});

it("checkClock: an answer that took ten seconds tells no more than it can", () => {
  const now = Date.UTC(2026, 10, 28, 20);
  expect(checkClock(new Date(now + 9_000).toUTCString(), now, now + 10_000).status).toBe("ok");
  expect(checkClock(null, now, now).status).toBe("unknown");
});

it("checkWorkersDev: fails only if the catalog answers there", () => {
  const at = "https://rbee-worker-catalog.ada.workers.dev";
  expect([catalog(), answer(404, HTML), DOWN].map((given) => checkWorkersDev(at, given).status)).toEqual([
    "failed",
    "ok",
    "ok",
  ]);
});

it("checkDocument: a refusal, other contents and no answer fail", () => {
  const [workers] = DOCUMENTS;
  if (!workers) throw new Error("there are documents");
  const good = '{"workers":[{"id":"llm-worker-rbee"}]}';
  const given = [catalog(200, {}, good), catalog(503), answer(200, HTML, "<html>"), DOWN];
  expect(given.map((one) => checkDocument(workers, one).status)).toEqual(["ok", "failed", "failed", "failed"]);
});

it("plainUrlOf: is null on loopback and for a port", () => {
  expect(plainUrlOf("https://catalog.rbee.dev")).toBe("http://catalog.rbee.dev");
  for (const url of ["http://localhost:8787", "https://localhost", "https://catalog.rbee.dev:8443"]) {
    expect(plainUrlOf(url)).toBeNull();
  }
});

describe("a report", () => {
  const finding = {
    check: "stripe-permission",
    subject: "Customers",
    status: "failed",
    detail: "The key lacks the permission to write customers, which the erasure of personal data needs.",
    remedy: "Give the key this permission in Stripe's dashboard (Developers, API keys), or make a new key.",
  } as const;

  it("fits the terminal, and has each remedy below its finding", () => {
    for (const width of [60, 80, 120]) {
      const text = formatFindings([finding, { ...finding, status: "ok", remedy: null }], width);
      expect(text.split("\n").filter((line) => line.length > width)).toEqual([]);
      expect(text.match(/> Give the key/g)).toHaveLength(1);
      expect(text).toMatch(/^FAILED {3}stripe-permission {2}The key/);
    }
  });

  it("is as wide as the terminal, within bounds", () => {
    expect([undefined, 20, 100, 400].map(widthOf)).toEqual([80, 60, 100, 120]);
  });

  it("wraps at blanks, and leaves a long word whole", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("a https://catalog.rbee.dev b", 5)).toEqual(["a", "https://catalog.rbee.dev", "b"]);
  });
});
