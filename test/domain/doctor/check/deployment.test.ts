import { describe, expect, it } from "vitest";
import {
  checkAddress,
  checkConfiguration,
  checkEnvironment,
} from "../../../../src/domain/doctor/check/configuration.ts";
import {
  checkIndexKey,
  checkOwner,
  checkReleaseKeys,
  checkSignedNames,
  checkTokenKey,
} from "../../../../src/domain/doctor/check/key.ts";
import { checkMailSender, checkPresigned, checkSeller } from "../../../../src/domain/doctor/check/service.ts";
import { checkMigrations, checkOwnership, checkSize, checkStores } from "../../../../src/domain/doctor/check/store.ts";
import { CHECKS } from "../../../../src/domain/doctor/checks.ts";
import { fail, inOrder, pass, sayOf, summaryOf, unclear, warn } from "../../../../src/domain/doctor/finding.ts";
import { formatMinisignSignature } from "../../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../../../src/lib/minisign/secret-key.ts";
import { err, ok } from "../../../../src/lib/result.ts";

const OWN = { name: "catalog", public_url: "https://catalog.rbee.dev", livemode: true };

describe("findings", () => {
  it("have the remedy of their check, and none if the check passes", () => {
    expect(pass("cron", "fine").remedy).toBeNull();
    for (const finding of [warn("cron", "late"), fail("cron", "dead"), unclear("cron", "unseen")]) {
      expect(finding.remedy).toBe(CHECKS.cron.remedy);
    }
    expect(fail("cron", "dead", { remedy: "Wait." }).remedy).toBe("Wait.");
  });

  it("mask credentials in an error", () => {
    expect(fail("store", "refused Bearer abc123").detail).toBe("refused Bearer (masked)");
  });

  it("are counted, told and ordered", () => {
    const findings = [fail("mail-dns", "a"), warn("cron", "b"), pass("cron", "c"), unclear("reachable", "d")];
    expect(sayOf(summaryOf(findings))).toBe("1 checks pass, 1 failed, 1 warn, 1 unknown.");
    expect(sayOf(summaryOf([pass("cron", "c")]))).toBe("All 1 checks pass.");
    expect(inOrder(findings).map(({ detail }) => detail)).toEqual(["d", "b", "c", "a"]);
  });
});

it("checkConfiguration: names each faulty variable with the way to set it", () => {
  expect(checkConfiguration([]).map(({ status }) => status)).toEqual(["ok"]);
  const faults = [
    { variable: "DOWNLOAD_LINK_SECRET", message: "is short" },
    { variable: "GRACE_DAYS", message: "is many" },
  ];
  expect(checkConfiguration(faults)).toMatchObject([
    { subject: "DOWNLOAD_LINK_SECRET", status: "failed", remedy: expect.stringContaining("secret put DOWNLOAD_LINK") },
    { subject: "GRACE_DAYS", status: "failed", remedy: expect.stringContaining("wrangler.toml") },
  ]);
});

it.each([
  ["production", "https://catalog.rbee.dev", "ok"],
  ["production", "http://localhost:8787", "failed"],
  ["development", "http://localhost:8787", "ok"],
  ["development", "https://catalog.rbee.dev", "failed"],
] as const)("checkEnvironment: %s at %s", (ENVIRONMENT, PUBLIC_URL, status) => {
  expect(checkEnvironment({ ENVIRONMENT, PUBLIC_URL, LIVEMODE: false }).status).toBe(status);
});

it.each([
  ["https://catalog.rbee.dev", "https://catalog.rbee.dev", "ok"],
  ["https://rbee-worker-catalog.ada.workers.dev", "https://catalog.rbee.dev", "warning"],
  ["https://gwc.rbee.dev", "https://catalog.rbee.dev", "ok"],
  ["http://127.0.0.1:8787", "http://localhost:8787", "ok"],
])("checkAddress: asked at %s with the address %s", (asked, PUBLIC_URL, status) => {
  expect(checkAddress(asked, { PUBLIC_URL, OTHER_ORIGINS: ["https://gwc.rbee.dev"] }).status).toBe(status);
});

it("checkStores: an error fails, and a slow answer warns", () => {
  const stores = [
    { name: "a", answer: { ms: 12 } },
    { name: "b", answer: { ms: 1500 } },
    { name: "c", answer: { error: "no answer within 3000 ms" } },
  ];
  expect(checkStores(stores).map(({ status }) => status)).toEqual(["ok", "warning", "failed"]);
});

describe("checkOwnership", () => {
  const of = (mark: typeof OWN | null | undefined, ledger: typeof OWN | null = OWN, own = OWN) =>
    checkOwnership(own, ledger, [{ name: "KV", mark }])[0]?.status;

  it.each([
    ["the own mark", of(OWN), "ok"],
    ["the mark of another deployment", of({ ...OWN, public_url: "https://staging.rbee.dev" }), "failed"],
    ["no mark beside a marked ledger", of(null), "warning"],
    ["no mark and no mark in the ledger", of(null, null), "warning"],
    ["no mark in development", of(null, null, { ...OWN, name: "" }), "ok"],
    ["an unreadable mark", of(undefined), "unknown"],
  ])("%s", (_case, status, expected) => {
    expect(status).toBe(expected);
  });
});

it.each([
  [1e9, "ok"],
  [7e9, "warning"],
  [9e9, "failed"],
])("checkSize: %d bytes", (bytes, status) => {
  expect(checkSize("ledger", bytes).status).toBe(status);
});

it("checkMigrations: a missing one fails, and one of a newer version does not", () => {
  expect(checkMigrations("ledger", ["1", "2"], ["1", "2"]).status).toBe("ok");
  expect(checkMigrations("ledger", ["1", "2"], ["1", "2", "3"]).status).toBe("ok");
  expect(checkMigrations("ledger", ["1", "2"], ["1"])).toMatchObject({
    status: "failed",
    detail: expect.stringContaining("lacks 2"),
  });
});

it.each([
  ["development", { required: false, own: 0, added: 1, isProduction: false }, "ok"],
  ["a key in the repository", { required: true, bound: true, own: 1, added: 0, isProduction: true }, "ok"],
  ["signatures that need name nothing", { required: true, own: 1, added: 0, isProduction: true }, "warning"],
  ["a key in the variable only", { required: true, own: 0, added: 1, isProduction: true }, "warning"],
  ["no key", { required: true, own: 0, added: 0, isProduction: true }, "failed"],
  ["unsigned releases", { required: false, own: 1, added: 0, isProduction: true }, "failed"],
])("checkReleaseKeys: %s", (_case, facts, status) => {
  expect(checkReleaseKeys(facts).status).toBe(status);
});

it("checkSignedNames: fails for a signature of another version, and warns of an unnamed one where names are required", async () => {
  const file = {
    filename: "w-linux-x86_64",
    worker_id: "w",
    version: "1.0.20",
    platform: "linux-x86_64",
    channel: "stable",
  };
  const key = await generateMinisignKey();
  const signed = async (comment: string) => ({
    ...file,
    signature: formatMinisignSignature(await signMinisign(key, new Uint8Array(64), comment)),
  });
  const named = await signed("file:w-linux-x86_64\tworker:w\tversion:1.0.20");
  const files = [{ ...file, signature: null }, await signed("file:w-linux-x86_64"), named];
  expect(checkSignedNames(files, {})).toMatchObject({
    status: "ok",
    detail: "Of the 3 newest published files, those whose signatures do not name their file, worker and version: 1.",
  });
  expect(checkSignedNames(files, { bound: true })).toMatchObject({
    status: "warning",
    detail: expect.stringContaining("1. w 1.0.20, w-linux-x86_64: recipes and install.sh refuse it."),
    remedy: expect.stringContaining("Publish a new version"),
  });
  expect(checkSignedNames([named], { bound: true }).status).toBe("ok");
  expect(checkSignedNames([named, await signed("worker:w\tversion:1.0.0")], { bound: true })).toMatchObject({
    status: "failed",
    detail: expect.stringContaining("w 1.0.20, w-linux-x86_64: The signature was made for version 1.0.0"),
  });
});

it("checkIndexKey, checkTokenKey and checkOwner: pass and fail", () => {
  expect(checkIndexKey(ok({ delegatedAt: 1 })).status).toBe("ok");
  expect(checkIndexKey(err("It is not vouched for."))).toMatchObject({
    status: "failed",
    detail: "It is not vouched for.",
  });
  const key = { kid: "2026-11", isPublished: true, verifies: true };
  expect(checkTokenKey(key).status).toBe("ok");
  expect(checkTokenKey({ ...key, isPublished: false }).status).toBe("failed");
  expect(checkTokenKey({ ...key, verifies: false }).status).toBe("failed");
  expect([checkOwner(1, 0).status, checkOwner(0, 1).status, checkOwner(0, 0).status]).toEqual(["ok", "ok", "failed"]);
});

it.each([
  ["rbee.dev", "catalog.rbee.dev", null, "ok"],
  ["mail.rbee.dev", "catalog.rbee.dev", null, "ok"],
  ["example.com", "catalog.rbee.dev", null, "warning"],
  ["example.com", "localhost", null, "ok"],
  ["rbee.dev", "catalog.rbee.dev", "E_SENDER_NOT_VERIFIED", "failed"],
])("checkMailSender: mail from %s by %s, error %s", (domain, host, senderError, status) => {
  expect(checkMailSender({ domain, host, senderError }).status).toBe(status);
});

it.each([
  ["the bucket of this deployment", { status: 200, mark: OWN }, "ok"],
  ["a bucket without a mark", { status: 404, mark: null }, "ok"],
  ["a refused signature", { status: 403, mark: null }, "failed"],
  ["the bucket of another deployment", { status: 200, mark: { ...OWN, name: "other" } }, "failed"],
])("checkPresigned: %s", (_case, fact, status) => {
  expect(checkPresigned(fact, OWN).status).toBe(status);
});

it.each([
  [[], true, "catalog.rbee.dev", "ok"],
  [["TERMS"], true, "catalog.rbee.dev", "failed"],
  [["TERMS"], false, "staging.rbee.dev", "warning"],
  [["TERMS"], false, "localhost", "ok"],
] as const)("checkSeller: missing %j, live %s, at %s: %s", (missing, isLive, host, status) => {
  const finding = checkSeller({ name: "rbee GmbH", missing, isLive, host });
  expect(finding.status).toBe(status);
  if (missing.length > 0 && status !== "ok") expect(finding.detail).toContain("Not set: TERMS.");
});
