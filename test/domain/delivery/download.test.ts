import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import worker from "../../../src/index.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { codeOf } from "../../support/admin-request.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publishRelease, randomBytes, sha256Hex } from "../../support/publish-release.ts";
import { brokenStatistics, countStatistics, LICENSE_DOWNLOADS } from "../../support/usage-fixture.ts";

const WORKER = "llm-worker-rbee-premium-cpu";
const FREE = "llm-worker-rbee-cpu";
const FILE = "worker-linux-x86_64";
const DOWNLOAD = `/v1/workers/${WORKER}/latest/download?platform=linux-x86_64`;
const FILES = `/v1/workers/${WORKER}/1.0.0/files`;

let bytes: Uint8Array<ArrayBuffer>;

type Download = Record<"download_url" | "sha256" | "filename" | "checksum" | "expires_at", string> & {
  size: number;
  expires_in: number;
};

const basic = (user: string, password: string) => ({ Authorization: `Basic ${btoa(`${user}:${password}`)}` });

const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

async function linkOf(token: string, path = DOWNLOAD): Promise<Download> {
  const response = await hive("GET", path, { credential: token });
  expect(response.status).toBe(200);
  return response.json<Download>();
}

beforeEach(async () => {
  bytes = randomBytes(200_000);
  await publishRelease({ worker_id: WORKER, version: "1.0.0", bytes });
});

describe("a licensed download", () => {
  it("answers a link with all facts to check the file, and the link delivers the file", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "m");
    const response = await hive("GET", DOWNLOAD, { credential: token });
    expect(response.headers.get("Cache-Control")).toBe("private, no-store");
    expect(response.headers.get("Vary")).toContain("Authorization");
    const link = await response.json<Download>();
    const sha256 = await sha256Hex(bytes);
    expect(link).toMatchObject({
      expires_in: 300,
      filename: FILE,
      size: bytes.length,
      sha256,
      checksum: `sha256:${sha256}`,
      signature_url: null,
    });
    expect(new URL(link.download_url).pathname).toMatch(/^\/dl\/[^./]+$/);
    const file = await hive("GET", link.download_url);
    expect(file.headers.get("ETag")).toBe(`"${sha256}"`);
    expect(file.headers.get("Content-Length")).toBe(String(bytes.length));
    expect(file.headers.get("Content-Disposition")).toBe(`attachment; filename="${FILE}"`);
    expect(file.headers.get("Cache-Control")).toBe("private, no-store");
    expect(await bodyOf(file)).toEqual(bytes);
  });

  it("can be resumed, split, revalidated and repeated", async () => {
    const { key } = await issueLicense();
    const { download_url, size, sha256 } = await linkOf(await tokenFor(key, "m"));
    const part = (headers: Record<string, string>) => hive("GET", download_url, { headers });
    const rest = await part({ Range: "bytes=150000-" });
    expect(rest.status).toBe(206);
    expect(rest.headers.get("Content-Range")).toBe(`bytes 150000-${size - 1}/${size}`);
    expect(await bodyOf(rest)).toEqual(bytes.slice(150_000));
    const pieces = await Promise.all(["0-99999", "100000-199999"].map((range) => part({ Range: `bytes=${range}` })));
    const joined = await Promise.all(pieces.map(bodyOf));
    expect(new Uint8Array(joined.flatMap((piece) => [...piece]))).toEqual(bytes);
    expect((await part({ "If-None-Match": `"${sha256}"` })).status).toBe(304);
    expect((await part({ Range: "bytes=5-", "If-Range": '"another"' })).status).toBe(200);
    const finished = await part({ Range: `bytes=${size}-` });
    expect(finished.status).toBe(416);
    expect(finished.headers.get("Content-Range")).toBe(`bytes */${size}`);
    const head = await hive("HEAD", download_url);
    expect(head.status).toBe(200);
    expect(head.headers.get("Content-Length")).toBe(String(size));
    expect(head.body).toBeNull();
  });

  it("tolerates a stray credential on the link", async () => {
    const { key } = await issueLicense();
    const { download_url } = await linkOf(await tokenFor(key, "m"));
    expect((await hive("GET", download_url, { credential: "whatever" })).status).toBe(200);
  });

  it("accepts the key with its machine, which takes a seat if one is free", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    expect(await codeOf(await hive("GET", DOWNLOAD, { credential: key }))).toBe("MACHINE_REQUIRED");
    expect((await hive("GET", DOWNLOAD, { headers: basic("arch-box", key) })).status).toBe(200);
    expect(await count("machines")).toBe(1);
    expect((await hive("GET", DOWNLOAD, { headers: basic("arch-box", key) })).status).toBe(200);
    expect((await activate(key, "arch-box")).status).toBe(200);
    const named = { credential: key, headers: { "Rbee-Machine": "second-box" } };
    expect(await codeOf(await hive("GET", DOWNLOAD, named))).toBe("MACHINE_LIMIT_REACHED");
    expect(await count("machines")).toBe(1);
  });

  it("challenges for Basic without counting a failure, as pacman needs it", async () => {
    for (let n = 0; n < 150; n++) {
      const first = await hive("GET", `${FILES}/${FILE}`, { headers: { "CF-Connecting-IP": "192.0.2.7" } });
      if (n > 0) continue;
      expect(first.status).toBe(401);
      expect(first.headers.get("WWW-Authenticate")).toContain('Basic realm="rbee"');
      expect(await codeOf(first)).toBe("CREDENTIAL_REQUIRED");
    }
    const { key } = await issueLicense();
    const headers = { ...basic("arch-box", key), "CF-Connecting-IP": "192.0.2.7" };
    const second = await hive("GET", `${FILES}/${FILE}`, { headers });
    expect(second.status).toBe(302);
    expect(await bodyOf(await hive("GET", second.headers.get("Location") ?? ""))).toEqual(bytes);
  });

  it("refuses a token on another machine", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "a");
    await tokenFor(key, "b");
    const elsewhere = { credential: token, headers: { "Rbee-Machine": "b" } };
    expect(await codeOf(await hive("GET", DOWNLOAD, elsewhere))).toBe("MACHINE_MISMATCH");
    expect(await codeOf(await hive("GET", DOWNLOAD, { headers: basic("b", token) }))).toBe("MACHINE_MISMATCH");
    expect((await hive("GET", DOWNLOAD, { headers: basic("a", token) })).status).toBe(200);
  });

  it("ends with its machine and with its key's generation", async () => {
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "a");
    const { download_url } = await linkOf(token);
    const { key: newKey } = await (await adminAct(id, "rotate-key")).json<{ key: string }>();
    expect(await codeOf(await hive("GET", download_url))).toBe("KEY_ROTATED");
    const fresh = await linkOf(await tokenFor(newKey, "a"));
    await hive("POST", "/v1/licenses/deactivate", { credential: newKey, body: { fingerprint: "a" } });
    expect(await codeOf(await hive("GET", fresh.download_url))).toBe("MACHINE_DEACTIVATED");
  });

  it("refuses another method, an altered link, and a path of another link", async () => {
    const { key } = await issueLicense();
    const { download_url } = await linkOf(await tokenFor(key, "m"));
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      expect(await codeOf(await hive(method, download_url))).toBe("LINK_INVALID");
    }
    const altered = download_url.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    for (const url of [altered, `${download_url}A`, "/dl/x", "/dl/%00", `/dl/${"A".repeat(5000)}`]) {
      const response = await hive("GET", url);
      expect(response.status).toBe(403);
      expect(await codeOf(response)).toBe("LINK_INVALID");
    }
    expect((await hive("GET", `${download_url}/more`)).status).toBe(404);
  });
});

describe("a signature", () => {
  it("has the same link as its file, and ends with it", async () => {
    const secretKey = await generateMinisignKey();
    await publishRelease({ worker_id: WORKER, version: "1.1.0", bytes, secretKey });
    const { id, key } = await issueLicense();
    const token = await tokenFor(key, "m");
    const { signature_url } = await (await hive("GET", DOWNLOAD, { credential: token })).json<{
      signature_url: string;
    }>();
    const text = await (await hive("GET", signature_url)).text();
    expect(text).toMatch(/^untrusted comment: .*\n.*\ntrusted comment: /);
    const path = `/v1/workers/${WORKER}/1.1.0/files/${FILE}.minisig`;
    const redirect = await hive("GET", path, { credential: token });
    expect(await (await hive("GET", redirect.headers.get("Location") ?? "")).text()).toBe(text);
    expect(await codeOf(await hive("POST", signature_url))).toBe("LINK_INVALID");
    expect(await codeOf(await hive("GET", path))).toBe("CREDENTIAL_REQUIRED");
    await adminAct(id, "revoke");
    expect(await codeOf(await hive("GET", signature_url))).toBe("LICENSE_REVOKED");
  });
});

describe("a free worker's file", () => {
  it("needs no credential and ignores a sent one", async () => {
    await publishRelease({ worker_id: FREE, version: "0.1.0", bytes });
    const file = await hive("GET", `/v1/workers/${FREE}/latest/files/${FILE}`, { credential: "stray" });
    expect(file.status).toBe(302);
    expect(await bodyOf(await hive("GET", file.headers.get("Location") ?? ""))).toEqual(bytes);
    expect((await hive("GET", `/v1/workers/${FREE}/0.1.0/download?platform=linux-x86_64`)).status).toBe(200);
  });
});

describe("a download's count", () => {
  it("with a license is one for each link, even if the queue delivers it again", async () => {
    const message = {
      link_id: "dl_1",
      worker_id: WORKER,
      version: "1.0.0",
      platform: "linux-x86_64",
      license_id: "lic_1",
      machine: null,
      at: 1_800_000_000,
    };
    const bodies = [message, message, { ...message, link_id: "dl_2" }, { nonsense: true }];
    const batch = createMessageBatch(
      "rbee-downloads",
      bodies.map((body, n) => ({ id: String(n), timestamp: new Date(), attempts: 1, body })),
    );
    const context = createExecutionContext();
    await worker.queue(batch, env);
    expectLogged("usage.malformed");
    expect((await getQueueResult(batch, context)).outcome).toBe("ok");
    expect(await countStatistics(LICENSE_DOWNLOADS)).toBe(2);
  });

  it("does not fail the download if the statistics and the queue are down", async () => {
    const { key } = await issueLicense();
    const { download_url } = await linkOf(await tokenFor(key, "m"));
    const DOWNLOADS = { send: () => Promise.reject(new Error("queue is down")) } as unknown as Queue;
    const request = new Request<unknown, IncomingRequestCfProperties>(download_url);
    const down = { ...env, DOWNLOADS, STATISTICS: brokenStatistics };
    const response = await worker.fetch(request, down, createExecutionContext());
    expect(await bodyOf(response)).toEqual(bytes);
    expectLogged("usage.uncounted");
  });
});

describe("a listing", () => {
  it("has the versions that the asker's license covers", async () => {
    await publishRelease({ worker_id: WORKER, version: "2.0.0", bytes });
    await publishRelease({ worker_id: WORKER, version: "2.1.0-rc.1", bytes });
    const { key } = await issueLicense();
    const token = await tokenFor(key, "m");
    const list = async (credential?: string) => {
      const response = await exports.default.fetch(`https://catalog.test/v1/workers/${WORKER}/versions`, {
        headers: credential === undefined ? {} : { Authorization: `Bearer ${credential}` },
      });
      const { latest, versions } = await response.json<{ latest: string; versions: { version: string }[] }>();
      return { latest, versions: versions.map(({ version }) => version), cache: response.headers.get("Cache-Control") };
    };
    expect(await list()).toEqual({
      latest: "2.0.0",
      versions: ["2.1.0-rc.1", "2.0.0", "1.0.0"],
      cache: "public, max-age=60",
    });
    expect(await list(token)).toEqual({ latest: "1.0.0", versions: ["1.0.0"], cache: "private, no-store" });
    const refusal = await hive("GET", `/v1/workers/${WORKER}/2.0.0/download`, { credential: token });
    expect(await refusal.json()).toMatchObject({ code: "VERSION_NOT_COVERED", latest_covered_version: "1.0.0" });
  });
});
