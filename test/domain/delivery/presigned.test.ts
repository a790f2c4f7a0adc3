import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { presignGet } from "../../../src/domain/delivery/presigned.ts";
import worker from "../../../src/index.ts";
import { issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

describe("a presigned URL", () => {
  // "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" in the Amazon S3 API Reference.
  it("has the signature that AWS publishes for its own example", async () => {
    const signer = {
      accessKeyId: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      region: "us-east-1",
    };
    const url = new URL("https://examplebucket.s3.amazonaws.com/test.txt");
    const signed = new URL(await presignGet(url, signer, 86_400, "20130524T000000Z"));
    expect(signed.searchParams.get("X-Amz-Credential")).toBe("AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request");
    expect(signed.searchParams.get("X-Amz-SignedHeaders")).toBe("host");
    expect(signed.searchParams.get("X-Amz-Signature")).toBe(
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    );
  });
});

describe("with DELIVERY=r2-presigned", () => {
  it("a download leads to the object itself without our secret, and its signature leads to this service", async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-premium-cpu", version: "1.0.0", bytes: randomBytes(100) });
    const { key } = await issueLicense();
    const Authorization = `Bearer ${await tokenFor(key, "m")}`;
    const presigned = {
      ...env,
      DELIVERY: "r2-presigned",
      R2_S3_ENDPOINT: "https://account.r2.cloudflarestorage.com",
      R2_S3_BUCKET: "binaries",
      R2_ACCESS_KEY_ID: "access",
      R2_SECRET_ACCESS_KEY: "very-secret",
    };
    const request = new Request<unknown, IncomingRequestCfProperties>(
      "https://catalog.test/v1/workers/premium-cpu/1.0.0/files/worker-linux-x86_64",
      { headers: { Authorization }, redirect: "manual" },
    );
    const response = await worker.fetch(request, presigned, createExecutionContext());
    expect(response.status).toBe(302);
    const url = new URL(response.headers.get("Location") ?? "");
    expect(url.origin).toBe("https://account.r2.cloudflarestorage.com");
    expect(url.pathname).toMatch(/^\/binaries\/artifacts\/[0-9a-f]{64}\/art_/);
    expect(url.searchParams.get("X-Amz-Expires")).toBe("60");
    expect(url.searchParams.get("response-content-disposition")).toBe('attachment; filename="worker-linux-x86_64"');
    expect(url.href).not.toContain("very-secret");
    const link = new Request<unknown, IncomingRequestCfProperties>(
      "https://catalog.test/v1/workers/premium-cpu/1.0.0/download?platform=linux-x86_64",
      { headers: { Authorization } },
    );
    const told = await (await worker.fetch(link, presigned, createExecutionContext())).json();
    expect(told).toMatchObject({ expires_in: 60, public_url: null });
  });
});
