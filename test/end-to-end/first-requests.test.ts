import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Bundle, buildBundle } from "../../bench/bundle.ts";
import { developmentSecrets } from "../../scripts/development-secrets.ts";
import { formatLicenseKey, importLicenseKeySecret } from "../../src/domain/licensing/license/key.ts";
import { formatMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { WholeWorker } from "../support/node/whole-worker.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const FILENAME = `${WORKER}-linux-x86_64`;

/** A released worker, as the edge copy has it. */
const MANIFEST = {
  worker_id: WORKER,
  published_at: 1_790_000_000,
  serial: 1,
  releases: [
    {
      ...{ id: "rel_1", version: "1.0.0", channel: "stable", status: "published", published_at: 1_790_000_000 },
      notes: null,
      artifacts: [
        {
          ...{ kind: "binary", platform: "linux-x86_64", filename: FILENAME, size: 1, sha256: "0".repeat(64) },
          ...{ object_key: "o", signature: null, requires: { libc: { name: "glibc", version: "2.31" } } },
        },
      ],
    },
  ],
};

let folder: string;
let bundle: Bundle;
let variables: Record<string, string>;
let key: string;
let worker: WholeWorker;
const status = async (path: string, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(worker.url + path, { redirect: "manual", ...init });
  await response.arrayBuffer();
  return response.status;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rbee-first-requests-"));
  bundle = await buildBundle(AbortSignal.timeout(600_000));
  const releaseKey = await generateMinisignKey();
  const secrets = await developmentSecrets(releaseKey);
  variables = {
    ...{ ...secrets, ENVIRONMENT: "development", DEPLOYMENT: "rbee-worker-catalog", LIVEMODE: "false" },
    ...{ PUBLIC_URL: "http://localhost:8787", LOG_REQUESTS: "none" },
    RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey(releaseKey),
  };
  const secret = await importLicenseKeySecret(
    Uint8Array.from(Buffer.from(secrets["LICENSE_KEY_SECRET"] ?? "", "base64url")),
  );
  key = await formatLicenseKey({ licenseId: `lic_${"0".repeat(26)}`, generation: 0 }, secret);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  worker = await WholeWorker.start(bundle, await mkdtemp(join(folder, "stores-")), variables);
  await worker.migrate("DB", "migrations");
  await (await worker.edge()).put(`manifest:${WORKER}`, JSON.stringify(MANIFEST));
});

afterEach(() => worker.stop());

// An isolate evaluates a room of the service when its first request needs it, so the first request sets the order.
describe("an isolate serves every room after its first request,", () => {
  it("which was for a document of a released worker", async () => {
    expect(await status("/workers")).toBe(200);
    expect(await status("/v1/workers?kind=llm")).toBe(200);
    expect(await status("/openapi.json")).toBe(200);
  });

  it("which was for a download by a license key and its machine", async () => {
    const headers = { Authorization: `Basic ${btoa(`machine:${key}`)}` };
    expect(await status(`/v1/workers/${WORKER}/latest/download?platform=linux-x86_64`, { headers })).toBe(401);
    expect(await status("/v1/licenses/me")).toBe(401);
    expect(await status("/openapi.json")).toBe(200);
  });
});
