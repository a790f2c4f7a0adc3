import { beforeEach, describe, expect, it } from "vitest";
import { codeOf } from "../../support/admin-request.ts";
import { hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { roomInMinute, WITH_ROOM } from "../../support/minute.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const FILE = "worker-linux-x86_64";
const DOWNLOAD = `/v1/workers/${WORKER}/latest/download?platform=linux-x86_64`;
const FILES = `/v1/workers/${WORKER}/1.0.0/files`;

beforeEach(async () => {
  await publishRelease({ worker_id: WORKER, version: "1.0.0", bytes: randomBytes(100) });
});

describe("a licensed download", () => {
  it.each([
    "../../../etc/passwd",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2fartifacts",
    `${FILE}%00`,
    `%00${FILE}`,
    `${FILE}%2F..%2Fother`,
    "__proto__",
    "%ff%fe",
    ".minisig",
    `${FILE}.minisig`,
    `${FILE}.sig`,
  ])("refuses the file name %s", async (name) => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "m");
    const response = await hive("GET", `${FILES}/${name}`, { credential: token });
    expect(response.status).toBe(404);
    expect(["ARTIFACT_NOT_FOUND", "NOT_FOUND"]).toContain(await codeOf(response));
  });

  it.each([
    ["a worker that is not", "/v1/workers/llm-worker-x/latest/download", 404, "WORKER_NOT_FOUND"],
    ["a worker named like a property", "/v1/workers/__proto__/latest/download", 404, "WORKER_NOT_FOUND"],
    ["a version that is not", `/v1/workers/${WORKER}/9.9.9/download?platform=linux-x86_64`, 404, "VERSION_NOT_FOUND"],
    ["a platform that is none", `/v1/workers/${WORKER}/latest/download?platform=beos`, 422, "VALIDATION_FAILED"],
    [
      "a platform without a file",
      `/v1/workers/${WORKER}/latest/download?platform=macos-aarch64`,
      404,
      "ARTIFACT_NOT_FOUND",
    ],
  ])("answers %s with its code", async (_, path, status, code) => {
    const { key } = await issueLicense();
    const response = await hive("GET", path, { credential: await tokenFor(key, "m") });
    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
  });

  it.each([
    ["garbage", "garbage", "KEY_INVALID"],
    ["a forged key", `rbee_lic_${"0".repeat(55)}`, "KEY_INVALID"],
    ["an admin token", `rbee_adm_${"A".repeat(43)}`, "KEY_INVALID"],
    ["something like a token", "eyJhbGciOiJub25lIn0.e30.", "TOKEN_INVALID"],
    ["a huge token", `${"e".repeat(9000)}.e.e`, "TOKEN_INVALID"],
  ])("refuses %s", async (_, credential, code) => {
    const response = await hive("GET", DOWNLOAD, { credential });
    expect(response.status).toBe(401);
    expect(await codeOf(response)).toBe(code);
  });

  it.each([
    ["no scheme's secret", "Bearer"],
    ["an empty Basic", "Basic "],
    ["another scheme", "Digest username=x"],
  ])("asks for a credential if it gets %s", async (_, Authorization) => {
    expect(await codeOf(await hive("GET", DOWNLOAD, { headers: { Authorization } }))).toBe("CREDENTIAL_REQUIRED");
  });

  it("is refused to an address that keeps sending false credentials, and to no other address", WITH_ROOM, async () => {
    await roomInMinute();
    const headers = { "CF-Connecting-IP": "203.0.113.9" };
    const codes = [];
    for (let n = 0; n < 125; n++) codes.push(await codeOf(await hive("GET", DOWNLOAD, { credential: "no", headers })));
    expect(codes[0]).toBe("KEY_INVALID");
    expect(codes.at(-1)).toBe("RATE_LIMITED");
    const { key } = await issueLicense();
    const token = await tokenFor(key, "m");
    expect((await hive("GET", DOWNLOAD, { credential: token, headers })).status).toBe(200);
  });
});
