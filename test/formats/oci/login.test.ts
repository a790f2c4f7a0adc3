import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { TOKEN_LIFETIME } from "../../../src/formats/oci/token.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { newAddress } from "../../support/admin-request.ts";
import { askWorker } from "../../support/ask-worker.ts";
import { countedEnv } from "../../support/counted-env.ts";
import { askToken, basic, publishImages, registryError, registryToken } from "../../support/image-fixture.ts";
import { adminAct, count, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const OTHER = "llm-worker-rbee-premium-cuda";
const AT = `/v2/rbee/${PREMIUM}`;

const get = (path: string, headers: Record<string, string> = {}) => hive("GET", path, { headers });
const seats = () => count("machines");
const basicOf = (key: string, machine = "box") => basic(machine, key);

type Manifests = { manifests: { digest: string }[]; layers: { digest: string }[] };

beforeEach(async () => {
  await publishImages(PREMIUM, "1.0.0");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a login", () => {
  it("is sent to the token endpoint, which names itself in the challenge", async () => {
    const ping = await get("/v2/");
    expect(ping.headers.get("Docker-Distribution-API-Version")).toBe("registry/2.0");
    expect(ping.headers.get("WWW-Authenticate")).toBe(
      'Bearer realm="https://catalog.test/v2/token",service="catalog.test"',
    );
    expect(await registryError(ping)).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
    const pull = await get(`${AT}/manifests/latest`);
    expect(pull.headers.get("WWW-Authenticate")).toContain(`,scope="repository:rbee/${PREMIUM}:pull"`);
  });

  it("without a scope takes no seat, and its token is accepted", async () => {
    const { key } = await issueLicense();
    const bearer = await registryToken(basicOf(key));
    expect((await get("/v2/", bearer)).status).toBe(200);
    expect(await seats()).toBe(0);
  });

  it("fails with a wrong key, without a machine and with a revoked license", async () => {
    const { id, key } = await issueLicense();
    const wrong = await askToken(basicOf(key.slice(0, -1) + (key.endsWith("0") ? "1" : "0")));
    expect(wrong.headers.get("WWW-Authenticate")).toMatch(/^Basic /);
    expect(await registryError(wrong)).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
    expect((await askToken(basicOf(key, ""))).status).toBe(403);
    await adminAct(id, "revoke");
    const revoked = await registryError(await askToken(basicOf(key)));
    expect(revoked).toMatchObject({ status: 403, code: "DENIED", detail: { code: "LICENSE_REVOKED" } });
  });

  it("by OAuth2 is a password grant", async () => {
    const { key } = await issueLicense();
    const grant = (fields: Record<string, string>) =>
      askWorker("https://catalog.test/v2/token", {
        method: "POST",
        headers: { "CF-Connecting-IP": newAddress() },
        body: new URLSearchParams({ service: "catalog.test", client_id: "containerd", ...fields }),
      });
    const login = { grant_type: "password", username: "box", password: key };
    const answer = await grant({ ...login, scope: `repository:rbee/${PREMIUM}:pull` });
    const { access_token, scope, expires_in } = await answer.json<Record<string, string>>();
    expect([scope, expires_in]).toEqual([`repository:rbee/${PREMIUM}:pull`, TOKEN_LIFETIME]);
    expect((await get(`${AT}/manifests/latest`, { Authorization: `Bearer ${access_token}` })).status).toBe(200);
    expect(await seats()).toBe(1);
    expect((await grant({ ...login, password: "rbee_lic_0" })).status).toBe(401);
    expect((await grant({ grant_type: "refresh_token", refresh_token: "x" })).status).toBe(401);
  });
});

describe("a pull of a premium worker", () => {
  it("takes a seat when it asks for a token, and gets the index, manifest and layer with it", async () => {
    const { key } = await issueLicense();
    const bearer = await registryToken(basicOf(key), PREMIUM);
    expect(await seats()).toBe(1);
    const index = await get(`${AT}/manifests/latest`, bearer);
    expect(index.headers.get("Cache-Control")).toContain("no-store");
    const [image] = (await index.json<Manifests>()).manifests;
    const manifest = await (await get(`${AT}/manifests/${image?.digest}`, bearer)).json<Manifests>();
    const layer = await get(`${AT}/blobs/${manifest.layers[0]?.digest}`, bearer);
    expect(layer.status).toBe(200);
    expect(layer.headers.get("Cache-Control")).toContain("no-store");
    expect((await layer.arrayBuffer()).byteLength).toBeGreaterThan(2000);
    expect(await seats()).toBe(1);
  });

  it("works with the key or a license token sent directly, as curl does", async () => {
    const { key } = await issueLicense();
    const token = await tokenFor(key, "box");
    expect((await get(`${AT}/manifests/1.0.0`, { Authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await get(`${AT}/tags/list`, basicOf(key))).status).toBe(200);
    expect((await get("/v2/", basicOf(key))).status).toBe(200);
  });

  it("is refused without a credential, with an anonymous token and with a token for another repository", async () => {
    const { key } = await issueLicense();
    for (const headers of [{}, await registryToken({}, PREMIUM), await registryToken(basicOf(key), FREE)]) {
      const error = await registryError(await get(`${AT}/manifests/latest`, headers));
      expect(error).toMatchObject({ status: 401, code: "UNAUTHORIZED", detail: { code: "CREDENTIAL_REQUIRED" } });
    }
    expect(await seats()).toBe(0);
  });

  it("is refused from the moment that the license is revoked, with a token made before", async () => {
    const { id, key } = await issueLicense();
    const bearer = await registryToken(basicOf(key), PREMIUM);
    const [image] = (await (await get(`${AT}/manifests/latest`, bearer)).json<Manifests>()).manifests;
    const manifest = await (await get(`${AT}/manifests/${image?.digest}`, bearer)).json<Manifests>();
    await adminAct(id, "revoke");
    const paths = [
      "manifests/latest",
      `manifests/${image?.digest}`,
      `blobs/${manifest.layers[0]?.digest}`,
      "tags/list",
    ];
    for (const path of paths) {
      const error = await registryError(await get(`${AT}/${path}`, bearer));
      expect([path, error.status, error.code]).toEqual([path, 403, "DENIED"]);
      expect(error.message).toMatch(/revoked/);
    }
    const later = await registryToken(basicOf(key), PREMIUM);
    expect((await get(`${AT}/manifests/latest`, later)).status).toBe(403);
  });

  it("reads the ledger at most once for a refused license, however many versions have the blob", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    for (const version of ["1.1.0", "1.2.0"]) await publishImages(PREMIUM, version);
    const { id, key } = await issueLicense();
    await adminAct(id, "revoke");
    // Made in the second of the revocation, so the record may be older than the token.
    const bearer = await registryToken(basicOf(key), PREMIUM);
    // A counted ledger of its own, because mails of the revocation are still sent beside it.
    const ledgerReads = async (path: string) => {
      forgetIsolate();
      const reads = { count: 0 };
      const bindings = { ...env, DB: countedEnv(reads).DB };
      const request = new Request(`https://catalog.test${AT}/${path}`, { headers: bearer });
      expect((await app.fetch(request, bindings, createExecutionContext())).status).toBe(403);
      return reads.count;
    };
    const empty = "blobs/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    // The license, its machines and the barred ones.
    expect([await ledgerReads(empty), await ledgerReads("manifests/1.0.0")]).toEqual([3, 3]);
  });

  it("is told of a full license by the registry, and not only by the token endpoint", async () => {
    const { key } = await issueLicense({ machine_limit: 1 });
    await registryToken(basicOf(key, "first"), PREMIUM);
    const second = await registryToken(basicOf(key, "second"), PREMIUM);
    const error = await registryError(await get(`${AT}/manifests/latest`, second));
    expect(error).toMatchObject({ code: "DENIED", detail: { code: "MACHINE_LIMIT_REACHED" } });
    expect(await seats()).toBe(1);
  });

  it("of a worker that the license does not include takes no seat", async () => {
    await publishImages(OTHER, "1.0.0");
    const { key } = await issueLicense();
    await env.DB.prepare("UPDATE licenses SET entitlements = ?")
      .bind(JSON.stringify([PREMIUM]))
      .run();
    forgetIsolate();
    await env.EDGE.list().then(({ keys }) =>
      Promise.all(keys.filter(({ name }) => name.startsWith("license:")).map(({ name }) => env.EDGE.delete(name))),
    );
    const bearer = await registryToken(basicOf(key), OTHER);
    const error = await registryError(await get(`/v2/rbee/${OTHER}/manifests/latest`, bearer));
    expect(error).toMatchObject({ status: 403, code: "DENIED", detail: { code: "NOT_ENTITLED" } });
    expect(await seats()).toBe(0);
  });

  it("of a version that the license does not cover is refused, and no tag leads to it", async () => {
    const { key } = await issueLicense();
    await publishImages(PREMIUM, "2.0.0");
    const bearer = await registryToken(basicOf(key), PREMIUM);
    const { tags } = await (await get(`${AT}/tags/list`, bearer)).json<{ tags: string[] }>();
    expect(tags).toContain("1.0.0");
    expect(tags).not.toContain("2.0.0");
    const error = await registryError(await get(`${AT}/manifests/2.0.0`, bearer));
    expect(error).toMatchObject({ status: 403, code: "DENIED", detail: { code: "VERSION_NOT_COVERED" } });
    const digestOf = async (reference: string) =>
      (await get(`${AT}/manifests/${reference}`, bearer)).headers.get("Docker-Content-Digest");
    expect(await digestOf("latest")).toBe(await digestOf("1.0.0"));
  });

  it("ends with its token, which lasts five minutes", async () => {
    const { key } = await issueLicense();
    const bearer = await registryToken(basicOf(key), PREMIUM);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + TOKEN_LIFETIME * 1000 });
    const response = await get(`${AT}/manifests/latest`, bearer);
    expect(response.headers.get("WWW-Authenticate")).toMatch(/^Bearer realm=/);
    expect(await registryError(response)).toMatchObject({ status: 401, detail: { code: "TOKEN_EXPIRED" } });
  });
});

describe("a pull of a free worker", () => {
  it("reads no ledger and takes no seat, with an anonymous token as well as with a login", async () => {
    await publishImages(FREE, "1.0.0");
    const { key } = await issueLicense();
    const prepared = vi.spyOn(env.DB, "prepare");
    for (const login of [{}, basicOf(key)]) {
      const bearer = await registryToken(login, FREE);
      expect((await get(`/v2/rbee/${FREE}/manifests/latest`, bearer)).status).toBe(200);
    }
    expect(prepared).not.toHaveBeenCalled();
    expect(await seats()).toBe(0);
  });

  it("works with the login of a revoked license, which tools send to the whole registry", async () => {
    await publishImages(FREE, "1.0.0");
    const { id, key } = await issueLicense();
    await adminAct(id, "revoke");
    const bearer = await registryToken(basicOf(key), FREE);
    expect((await get(`/v2/rbee/${FREE}/manifests/latest`, bearer)).status).toBe(200);
  });
});
