import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "@20minutes/s3rver";
import { AwsClient } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PRESIGNED_LIFETIME, presignGet, presignObject } from "../../src/domain/delivery/presigned.ts";
import { lookAtPresigned } from "../../src/domain/doctor/look/presigned.ts";
import { MARK_KEY } from "../../src/platform/config/deployment.ts";

const KEY = "artifacts/0000/art_x";
const SIGNER = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER", region: "auto" };

/** A time as SigV4 writes it: `20261123T120000Z`. */
const amzDate = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");

let server: S3rver;
let directory: string;
let endpoint: string;

const configFor = (secret: string) => ({
  R2_S3_ENDPOINT: endpoint,
  R2_S3_BUCKET: "binaries",
  R2_ACCESS_KEY_ID: SIGNER.accessKeyId,
  R2_SECRET_ACCESS_KEY: secret,
});

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "rbee-s3-"));
  server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: "binaries" }],
  });
  const { port } = await server.run();
  endpoint = `http://127.0.0.1:${port}`;
  const put = await new AwsClient({ ...SIGNER, service: "s3" }).fetch(`${endpoint}/binaries/${KEY}`, {
    method: "PUT",
    body: "real bytes",
  });
  expect(put.status).toBe(200);
});

afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

describe("an S3-compatible server that checks signatures", () => {
  it("gives the object for a presigned link, whole and in part, to be saved under its name", async () => {
    const url = await presignObject(configFor(SIGNER.secretAccessKey), KEY, "worker-linux-x86_64");
    const whole = await fetch(url);
    expect(whole.headers.get("Content-Disposition")).toBe('attachment; filename="worker-linux-x86_64"');
    expect(await whole.text()).toBe("real bytes");
    const rest = await fetch(url, { headers: { Range: "bytes=5-" } });
    expect([rest.status, await rest.text()]).toEqual([206, "bytes"]);
  });

  it("refuses it altered, for another object, for another method, expired, or signed with another secret", async () => {
    const url = await presignObject(configFor(SIGNER.secretAccessKey), KEY, "worker");
    const statusOf = async (address: string, method = "GET") => (await fetch(address, { method })).status;
    expect(await statusOf(url.replace(/Signature=../, "Signature=00"))).toBe(403);
    expect(await statusOf(url.replace("Expires=60", "Expires=600"))).toBe(403);
    expect(await statusOf(url.replace("filename", "elsename"))).toBe(403);
    expect(await statusOf(url.replace("art_x", "art_y"))).toBe(403);
    expect(await statusOf(url, "DELETE")).toBe(403);
    expect(await statusOf(await presignObject(configFor("guess"), KEY, "worker"))).toBe(403);
  });

  it("refuses it a minute after it was made, also to a client that resumes", async () => {
    const object = new URL(`${endpoint}/binaries/${KEY}`);
    const madeAgo = (seconds: number) =>
      presignGet(object, SIGNER, PRESIGNED_LIFETIME, amzDate(Date.now() - seconds * 1000));
    expect((await fetch(await madeAgo(50))).status).toBe(200);
    expect((await fetch(await madeAgo(62))).status).toBe(403);
    expect((await fetch(await madeAgo(62), { headers: { Range: "bytes=5-" } })).status).toBe(403);
    expect((await fetch(await presignGet(object, SIGNER, PRESIGNED_LIFETIME, "20200101T000000Z"))).status).toBe(403);
  });

  it("is found by the doctor: its signatures, its bucket, and the bucket of another deployment", async () => {
    const own = { name: "catalog", public_url: "https://catalog.rbee.dev", livemode: true };
    const statusOf = async (secret: string) => (await lookAtPresigned(configFor(secret), own)).status;
    const mark = (deployment: typeof own) =>
      new AwsClient({ ...SIGNER, service: "s3" }).fetch(`${endpoint}/binaries/${MARK_KEY}`, {
        method: "PUT",
        body: JSON.stringify(deployment),
      });
    expect([await statusOf(SIGNER.secretAccessKey), await statusOf("guess")]).toEqual(["ok", "failed"]);
    await mark(own);
    expect(await statusOf(SIGNER.secretAccessKey)).toBe("ok");
    await mark({ ...own, public_url: "https://catalog-staging.rbee.dev" });
    expect(await statusOf(SIGNER.secretAccessKey)).toBe("failed");
  });
});
