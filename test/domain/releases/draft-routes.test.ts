import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { codeOf } from "../../support/admin-request.ts";
import { askApp } from "../../support/ask-app.ts";
import { declarationOf } from "../../support/publish-release.ts";
import { withReleaseKey } from "../../support/release-keys.ts";
import {
  authorization,
  bytes,
  draft,
  get,
  listing,
  newPublisher,
  post,
  put,
  ready,
  releaseOf,
  remove,
  type Upload,
  worker_id,
} from "../../support/release-requests.ts";

beforeEach(newPublisher);

describe("a draft", () => {
  it("is refused for an unknown worker, an invalid version or channel, and an existing version", async () => {
    const { id } = await draft();
    for (const [body, code] of [
      [{ worker_id: "nobody", version: "1.0.0" }, "WORKER_NOT_FOUND"],
      [{ worker_id, version: "v2.0.0" }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0+build" }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0-rc.1", channel: "stable" }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0", channel: "nightly" }, "VALIDATION_FAILED"],
      [{ worker_id }, "VALIDATION_FAILED"],
      [{ worker_id, version: "2.0.0", extra: 1 }, "VALIDATION_FAILED"],
      ["{", "MALFORMED_REQUEST"],
      [{ worker_id, version: "2.0.0", notes: "x".repeat(70_000) }, "PAYLOAD_TOO_LARGE"],
    ] as const) {
      expect(await codeOf(await post("", body))).toBe(code);
    }
    const taken = await post("", { worker_id, version: "1.0.0" });
    expect(taken.status).toBe(409);
    expect(await taken.json()).toMatchObject({ code: "CONFLICT", detail: expect.stringContaining(id) });
  });

  it("refuses a file with an ambiguous name or impossible facts", async () => {
    const { id } = await draft();
    const file = await declarationOf({ bytes });
    for (const fault of [
      ...["../x", "a/b", "a\\b", ".hidden", "a..b", "x\0", "", "x.minisig", "x.SIG", "ü", "a b", "x".repeat(129)].map(
        (filename) => ({ filename }),
      ),
      ...[0, -1, 1.5, "5", 2 ** 40].map((size) => ({ size })),
      { sha256: "abc" },
      { platform: "beos" },
    ]) {
      const response = await post(`/${id}/artifacts`, { ...file, ...fault });
      expect([JSON.stringify(fault), await codeOf(response)]).toEqual([JSON.stringify(fault), "VALIDATION_FAILED"]);
    }
    expect((await releaseOf(get(`/${id}`))).artifacts).toEqual([]);
    const upper = await post(`/${id}/artifacts`, { ...file, sha256: file.sha256.toUpperCase() });
    expect((await upper.json<Upload>()).artifact.sha256).toBe(file.sha256);
    expect((await post(`/${id}/artifacts`, file)).status).toBe(200);
  });

  it("allows the removal of a file", async () => {
    const { id, artifacts } = await ready();
    const gone = await remove(`/${id}/artifacts/${artifacts[0]?.id}`);
    expect(gone.status).toBe(204);
    expect((await releaseOf(get(`/${id}`))).artifacts).toEqual([]);
  });
});

describe("a part", () => {
  it("of the wrong size, number, file or release is refused with its code", async () => {
    const { id } = await draft();
    const { artifact } = await (await post(`/${id}/artifacts`, await declarationOf({ bytes }))).json<Upload>();
    const parts = `/${id}/artifacts/${artifact.id}/parts`;
    for (const [path, body, code] of [
      [`${parts}/1`, bytes.subarray(1), "VALIDATION_FAILED"],
      [`${parts}/1`, "", "VALIDATION_FAILED"],
      [`${parts}/2`, bytes, "VALIDATION_FAILED"],
      [`${parts}/0`, bytes, "VALIDATION_FAILED"],
      [`${parts}/-1`, bytes, "VALIDATION_FAILED"],
      [`${parts}/1e1`, bytes, "VALIDATION_FAILED"],
      [`${parts}/999999999999`, bytes, "VALIDATION_FAILED"],
      [`/${id}/artifacts/art_x/parts/1`, bytes, "ARTIFACT_NOT_FOUND"],
      [`/rel_x/artifacts/${artifact.id}/parts/1`, bytes, "ARTIFACT_NOT_FOUND"],
      [`/%00/artifacts/..%2f/parts/1`, bytes, "ARTIFACT_NOT_FOUND"],
    ] as const) {
      expect([path, await codeOf(await put(path, body))]).toEqual([path, code]);
    }
    expect((await put(`${parts}/1`, bytes)).status).toBe(200);
  });
});

describe("with required signatures", () => {
  it("a file is ready only with a signature by a key of this deployment", async () => {
    const key = await generateMinisignKey();
    const { keyId, key: publicKey } = key;
    const strict = {
      ...env,
      RELEASE_SIGNATURES: "required",
      RELEASE_SIGNING_PUBLIC_KEYS: withReleaseKey({ keyId, key: publicKey }),
    };
    const { id } = await draft();
    const { artifact } = await (await post(`/${id}/artifacts`, await declarationOf({ bytes }))).json<Upload>();
    const at = `/v1/admin/releases/${id}/artifacts/${artifact.id}`;
    await put(`/${id}/artifacts/${artifact.id}/parts/1`, bytes);
    const complete = async (signature: string | null) =>
      askApp(
        `${at}/complete`,
        {
          method: "POST",
          headers: { ...authorization(), "Content-Type": "application/json" },
          body: JSON.stringify({ signature }),
        },
        strict,
      );
    const { signature: strangers } = await declarationOf({ bytes, secretKey: await generateMinisignKey() });
    for (const signature of [null, strangers]) {
      const refused = await complete(signature);
      expect(refused.status).toBe(422);
      expect(await refused.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path: "signature" }] });
    }
    expect((await post(`/${id}/publish`)).status).toBe(409);
    const { signature } = await declarationOf({ bytes, secretKey: key });
    expect((await complete(signature)).status).toBe(200);
    expect(await releaseOf(get(`/${id}`))).toMatchObject({ artifacts: [{ state: "ready", signature }] });
  });
});

describe("deleting a draft over HTTP", () => {
  it("frees its version, and refuses a published release", async () => {
    const { id } = await ready();
    expect((await remove(`/${id}`)).status).toBe(204);
    const again = await remove(`/${id}`);
    expect(again.status).toBe(204);
    const unknown = await remove("/rel_06b4m2v8w5r7q1t3x9z2k4n6p8");
    expect([unknown.status, await codeOf(unknown)]).toEqual([404, "VERSION_NOT_FOUND"]);
    const second = await ready();
    await post(`/${second.id}/publish`);
    const refused = await remove(`/${second.id}`);
    expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    expect((await listing()).latest).toBe("1.0.0");
  });
});
