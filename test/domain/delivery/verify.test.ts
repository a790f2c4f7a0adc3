import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ask, codeOf } from "../../support/admin-request.ts";
import { adminAct, hive, issueLicense, ownerToken, tokenFor } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { statusOf } from "../../support/status-list.ts";

const WORKER = "llm-worker-rbee-premium-cpu";

async function verify(body: Record<string, unknown>) {
  const response = await hive("POST", "/v1/licenses/verify", { body });
  expect(response.status).toBe(200);
  return response.json<Record<string, unknown>>();
}

describe("verifying a token", () => {
  it("lists the workers that it opens, and returns the nonce", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "m");
    expect(await verify({ token, nonce: "n1" })).toMatchObject({
      valid: true,
      code: "VALID",
      license_id: id,
      worker_ids: [WORKER, "llm-worker-rbee-premium-cuda", "llm-worker-rbee-premium-metal"],
      nonce: "n1",
    });
  });

  it.each([
    ["the worker", { worker_id: WORKER }, "VALID"],
    ["a worker by its variant", { worker_id: "premium-cuda" }, "VALID"],
    ["a free worker", { worker_id: "cpu" }, "VALID"],
    ["no worker of ours", { worker_id: "llm-worker-rbee-premium-nonsense" }, "WORKER_NOT_FOUND"],
    ["a version in its range, without a worker", { version: "1.99.0" }, "VALID"],
    ["a version that was never published", { worker_id: WORKER, version: "1.99.0" }, "VERSION_NOT_FOUND"],
    ["a prerelease of it", { version: "2.0.0-rc.1" }, "VERSION_NOT_COVERED"],
    ["its machine", { fingerprint: "m" }, "VALID"],
    ["another machine", { fingerprint: "n" }, "MACHINE_MISMATCH"],
    ["nothing in particular", { worker_id: null, version: null, fingerprint: null, nonce: null }, "VALID"],
  ])("for %s returns its code", async (_, wanted, code) => {
    const { key } = await issueLicense();
    expect(await verify({ token: await tokenFor(key, "m"), ...wanted })).toMatchObject({
      code,
      valid: code === "VALID",
    });
  });

  it("for a version answers as a download of it does: covered, uncovered, withdrawn, with updates ended", async () => {
    const files = () => [{ bytes: randomBytes(100) }];
    await publishRelease({ worker_id: WORKER, version: "1.0.0", files: files() });
    await publishRelease({ worker_id: WORKER, version: "2.0.0", files: files() });
    const bad = await publishRelease({ worker_id: WORKER, version: "1.1.0", files: files() });
    const token = await ownerToken();
    const blocked = await ask("POST", `/v1/admin/releases/${bad.id}/block`, { token, body: { reason: "a fault" } });
    expect(blocked.status).toBe(200);
    const { id, key } = await issueLicense();
    const hiveToken = await tokenFor(key, "m");
    const compare = async (version: string, code: string) => {
      const verdict = await verify({ token: hiveToken, worker_id: WORKER, version });
      const path = `/v1/workers/${WORKER}/${version}/download?platform=linux-x86_64`;
      const download = await hive("GET", path, { credential: hiveToken });
      expect([version, verdict["code"], verdict["valid"]]).toEqual([version, code, code === "VALID"]);
      expect([version, download.status === 200 ? "VALID" : await codeOf(download)]).toEqual([version, code]);
    };
    await compare("1.0.0", "VALID");
    await compare("2.0.0", "VERSION_NOT_COVERED");
    await compare("1.1.0", "RELEASE_BLOCKED");
    await compare("1.2.0", "VERSION_NOT_FOUND");
    await env.DB.prepare("UPDATE licenses SET updates_until = 1 WHERE id = ?").bind(id).run();
    expect(await verify({ token: hiveToken, worker_id: WORKER, version: "1.0.0" })).toMatchObject({
      code: "VERSION_NOT_COVERED",
    });
    await adminAct(id, "suspend");
    await compare("1.1.0", "RELEASE_BLOCKED");
  });

  it("follows the ledger at once", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "m");
    await adminAct(id, "suspend");
    expect(await verify({ token })).toMatchObject({ valid: false, code: "LICENSE_SUSPENDED", worker_ids: [] });
    await adminAct(id, "reinstate");
    expect(await verify({ token })).toMatchObject({ valid: true });
    await hive("POST", "/v1/licenses/deactivate", { credential: key, body: { fingerprint: "m" } });
    expect(await verify({ token })).toMatchObject({ valid: false, code: "MACHINE_DEACTIVATED" });
    await adminAct(id, "rotate-key");
    expect(await verify({ token })).toMatchObject({ valid: false, code: "KEY_ROTATED" });
  });

  it.each(["", "x", "a.b.c", "rbee_lic_123", "\0", "e".repeat(20_000)])(
    "of %j is a verdict, not an error",
    async (token) => {
      expect(await verify({ token })).toMatchObject({
        valid: false,
        code: "TOKEN_INVALID",
        worker_ids: [],
        nonce: null,
      });
    },
  );

  it("requires a well-formed body", async () => {
    for (const body of [{}, { token: 7 }, { token: "x", version: "latest" }]) {
      expect(await codeOf(await hive("POST", "/v1/licenses/verify", { body }))).toBe("VALIDATION_FAILED");
    }
  });
});

describe("a hive that cannot reach us", () => {
  it.each([
    ["active", null, 0],
    ["suspended", "suspend", 2],
    ["revoked", "revoke", 1],
  ])("reads from the JWKS and the status list that a license is %s", async (_, action, expected) => {
    const { id, key } = await issueLicense();
    for (let n = 0; n < 3; n++) await issueLicense();
    const token = await tokenFor(key, "m");
    if (action) await adminAct(id, action);
    expect(await statusOf(token)).toBe(expected);
  });

  it("finds no list that does not exist", async () => {
    for (const n of ["256", "-1", "01", "x", "1e3", "99999"]) {
      expect(await codeOf(await hive("GET", `/v1/licenses/status/${n}`))).toBe("NOT_FOUND");
    }
  });
});
