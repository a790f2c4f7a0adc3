import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { blake2b } from "@noble/hashes/blake2.js";
import { beforeEach, describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import type { Artifact } from "../../../src/domain/releases/store.ts";
import { formatMinisignSignature } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../../src/lib/minisign/secret-key.ts";
import { codeOf } from "../../support/admin-request.ts";
import { askApp } from "../../support/ask-app.ts";
import { provenanceOf } from "../../support/provenance-text.ts";
import { declarationOf } from "../../support/publish-release.ts";
import { withReleaseKey } from "../../support/release-keys.ts";
import {
  authorization,
  bytes,
  draft,
  get,
  newPublisher,
  post,
  put,
  type Release,
  releaseOf,
  type Upload,
  worker_id,
} from "../../support/release-requests.ts";

beforeEach(newPublisher);

const key = await generateMinisignKey();
/** Bindings under which releases are published only if `key` has signed them. */
const STRICT = {
  ...env,
  RELEASE_SIGNATURES: "required" as const,
  RELEASE_SIGNING_PUBLIC_KEYS: withReleaseKey(key),
};
const strictly = async (path: string, body: unknown = {}): Promise<Response> => {
  const request = new Request(`https://catalog.test/v1/admin/releases${path}`, {
    method: "POST",
    headers: { ...authorization(), "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const context = createExecutionContext();
  const response = await app.fetch(request, STRICT, context);
  await waitOnExecutionContext(context);
  return response;
};
const signature = async (over = bytes, comment = "file:worker-linux-x86_64", by = key) =>
  formatMinisignSignature(await signMinisign(by, new Uint8Array(blake2b(over)), comment));

/** A draft whose file is all there, checked and unsigned. */
async function unsignedDraft(version = "1.0.0"): Promise<{ release: Release; artifact_id: string; at: string }> {
  const { id } = await draft(version);
  const declared = await post(`/${id}/artifacts`, await declarationOf({ bytes }));
  const { artifact } = await declared.json<Upload>();
  const at = `/${id}/artifacts/${artifact.id}`;
  await put(`${at}/parts/1`, bytes);
  expect(await codeOf(await strictly(`${at}/complete`))).toBe("VALIDATION_FAILED");
  const completed = await strictly(`${at}/complete`, { unsigned: true });
  expect((await completed.json<{ artifact: Artifact }>()).artifact).toMatchObject({ state: "ready", signature: null });
  return { release: await releaseOf(get(`/${id}`)), artifact_id: artifact.id, at };
}

describe("an unsigned draft", () => {
  it("is checked, is not published before it is signed, and is published with the signature", async () => {
    const { release, artifact_id } = await unsignedDraft();
    const refused = await strictly(`/${release.id}/publish`);
    expect([refused.status, await refused.json()]).toEqual([
      409,
      expect.objectContaining({ detail: expect.stringContaining("release sign") }),
    ]);
    const files = [{ artifact_id, signature: await signature() }];
    const signed = await releaseOf(
      strictly(`/${release.id}/signatures`, { files, if_last_change: release.last_change }),
    );
    expect(signed.artifacts[0]?.signature).toBe(files[0]?.signature);
    // The answer was lost: the same signatures again change nothing, although the draft has changed since.
    const again = await releaseOf(
      strictly(`/${release.id}/signatures`, { files, if_last_change: release.last_change }),
    );
    expect(again).toEqual(signed);
    const published = await releaseOf(strictly(`/${release.id}/publish`, { if_last_change: signed.last_change }));
    expect(published.status).toBe("published");
    const repeated = await strictly(`/${release.id}/publish`, { if_last_change: signed.last_change });
    expect(repeated.status).toBe(200);
    const entries = await env.DB.prepare("SELECT action, details FROM audit WHERE subject = ? ORDER BY id")
      .bind(release.id)
      .all<{ action: string; details: string }>();
    expect(entries.results.map(({ action }) => action)).toEqual([
      "release.create",
      "artifact.create",
      "artifact.complete",
      "release.sign",
      "release.publish",
    ]);
    expect(JSON.parse(entries.results[3]?.details ?? "")).toMatchObject({ files: ["worker-linux-x86_64"] });
  });

  it("takes no signature of other bytes, another key, another file or none of its own", async () => {
    const { release, artifact_id } = await unsignedDraft();
    const stranger = await generateMinisignKey();
    const other = new Uint8Array(bytes);
    other[0] = (other[0] ?? 0) ^ 1;
    for (const made of [
      await signature(other),
      await signature(bytes, "file:worker-linux-x86_64", stranger),
      await signature(bytes, "file:worker-linux-x86_64\tworker:llm-worker-rbee-cpu"),
      await signature(bytes, "file:worker-linux-x86_64\tversion:1.0.1"),
      await signature(bytes, "file:other"),
      "nonsense",
    ]) {
      const response = await strictly(`/${release.id}/signatures`, { files: [{ artifact_id, signature: made }] });
      const { code, errors } = await response.json<{ code: string; errors: { path: string }[] }>();
      expect([code, errors.map(({ path }) => path)]).toEqual(["VALIDATION_FAILED", ["files.0.signature"]]);
    }
    const files = [{ artifact_id: "art_none", signature: await signature() }];
    expect(await codeOf(await strictly(`/${release.id}/signatures`, { files }))).toBe("ARTIFACT_NOT_FOUND");
    expect(await releaseOf(get(`/${release.id}`))).toEqual(release);
  });

  it("is neither signed nor published for somebody who has read it before a change", async () => {
    const { release, artifact_id } = await unsignedDraft();
    await put(`/${release.id}/provenance`, provenanceOf(...release.artifacts));
    const files = [{ artifact_id, signature: await signature() }];
    const stale = { if_last_change: release.last_change };
    expect(await codeOf(await strictly(`/${release.id}/signatures`, { files, ...stale }))).toBe("CONFLICT");
    const signed = await releaseOf(strictly(`/${release.id}/signatures`, { files }));
    await put(`/${release.id}/provenance`, provenanceOf(...release.artifacts, ...release.artifacts));
    const late = await strictly(`/${release.id}/publish`, { if_last_change: signed.last_change });
    expect([late.status, await codeOf(late)]).toEqual([409, "CONFLICT"]);
    expect((await releaseOf(get(`/${release.id}`))).status).toBe("draft");
  });

  it("is signed only while it is a draft with checked files", async () => {
    const { release, artifact_id } = await unsignedDraft();
    const files = [{ artifact_id, signature: await signature() }];
    await strictly(`/${release.id}/signatures`, { files });
    await strictly(`/${release.id}/publish`);
    expect(await codeOf(await strictly(`/${release.id}/signatures`, { files }))).toBe("CONFLICT");
    const { id } = await draft("1.1.0");
    const { artifact } = await (await post(`/${id}/artifacts`, await declarationOf({ bytes }))).json<Upload>();
    const early = { files: [{ artifact_id: artifact.id, signature: await signature() }] };
    expect(await codeOf(await strictly(`/${id}/signatures`, early))).toBe("CONFLICT");
  });
});

describe("the content of a draft", () => {
  const read = (at: string, headers: Record<string, string> = {}) =>
    askApp(`/v1/admin/releases${at}/content`, { headers: { ...authorization(), ...headers } }, env);
  const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

  it("is read whole or in part, and no longer once the release is published", async () => {
    const { release, at } = await unsignedDraft();
    const [artifact] = release.artifacts;
    const etag = `"${artifact?.sha256}"`;
    const whole = await read(at);
    expect([whole.status, await bytesOf(whole), whole.headers.get("ETag")]).toEqual([200, bytes, etag]);
    const rest = await read(at, { Range: "bytes=4000-", "If-Range": etag });
    expect([rest.status, await bytesOf(rest)]).toEqual([206, bytes.subarray(4000)]);
    expect(rest.headers.get("Content-Range")).toBe("bytes 4000-4999/5000");
    const other = await read(at, { Range: "bytes=4000-", "If-Range": '"other"' });
    expect([other.status, (await bytesOf(other)).length]).toEqual([200, 5000]);
    const none = await read(at, { Range: "bytes=5000-" });
    expect([none.status, none.headers.get("Content-Range")]).toEqual([416, "bytes */5000"]);
    expect(await codeOf(await askApp(`/v1/admin/releases${at}/content`, {}, env))).toBe("CREDENTIAL_REQUIRED");
    await post(`/${release.id}/publish`);
    expect(await codeOf(await read(at))).toBe("CONFLICT");
  });

  it("is not there before the check, nor for another draft", async () => {
    const { id } = await draft();
    const { artifact } = await (await post(`/${id}/artifacts`, await declarationOf({ bytes }))).json<Upload>();
    expect(await codeOf(await read(`/${id}/artifacts/${artifact.id}`))).toBe("CONFLICT");
    const other = await releaseOf(post("", { worker_id, version: "2.0.0" }));
    expect(await codeOf(await read(`/${other.id}/artifacts/${artifact.id}`))).toBe("ARTIFACT_NOT_FOUND");
  });

  it("comes with its provenance", async () => {
    const { release } = await unsignedDraft();
    expect(await codeOf(await get(`/${release.id}/provenance`))).toBe("ARTIFACT_NOT_FOUND");
    const text = provenanceOf(...release.artifacts);
    await put(`/${release.id}/provenance`, text);
    const served = await get(`/${release.id}/provenance`);
    const bytesOfText = new TextEncoder().encode(text);
    expect([served.status, await bytesOf(served)]).toEqual([200, bytesOfText]);
  });
});
