import type { RequestListener } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { Catalog, CatalogError } from "../../../clients/typescript/src/index.ts";
import { serve } from "../../support/node/http-server.ts";

/** The client before servers that are busy, lie or break off. */

const KEY = `rbee_lic_${"0".repeat(55)}`;

/** A client of a server that answers as `listener` does. `waits` has its pauses in seconds. */
async function clientOf(listener: RequestListener): Promise<{ catalog: Catalog; url: string; waits: number[] }> {
  const server = await serve(listener);
  onTestFinished(() => server.close());
  const waits: number[] = [];
  const sleep = async (milliseconds: number): Promise<void> => {
    waits.push(milliseconds / 1000);
  };
  return { catalog: new Catalog({ url: server.url, sleep }), url: server.url, waits };
}

const WORKERS = JSON.stringify({ workers: [] });

/** Answers with the problems in their order, then with an empty list. */
const answering = (...answers: [status: number, headers: Record<string, string>, body: string][]): RequestListener => {
  return (_request, response) => {
    const [status, headers, body] = answers.shift() ?? [200, { "Content-Type": "application/json" }, WORKERS];
    response.writeHead(status, headers).end(body);
  };
};

const problem = (code: string, more: object = {}): string =>
  JSON.stringify({ code, detail: "A sentence.", request_id: "request-1", ...more });

const refusalOf = async (listener: RequestListener): Promise<unknown> => {
  const { catalog } = await clientOf(listener);
  return catalog.list().catch((error: unknown) => error);
};

describe("a request", () => {
  it("is sent again while the catalog is busy, after the time that it names", async () => {
    const { catalog, waits } = await clientOf(
      answering(
        [429, { "Retry-After": "7" }, problem("RATE_LIMITED")],
        [503, {}, problem("SERVICE_UNAVAILABLE", { retry_after: 5 })],
      ),
    );
    expect(await catalog.list()).toEqual([]);
    expect(waits.map((seconds) => seconds >= 5)).toEqual([true, true]);
    expect(waits[0]).toBeGreaterThanOrEqual(7);
  });

  it("is sent again if the connection breaks off before or within the answer", async () => {
    let attempts = 0;
    const { catalog } = await clientOf((_request, response) => {
      attempts++;
      if (attempts === 1) response.destroy();
      else if (attempts === 2) {
        response.writeHead(200, { "Content-Length": "100" }).write('{"workers"');
        setTimeout(() => response.destroy(), 10);
      } else response.end(WORKERS);
    });
    expect(await catalog.list()).toEqual([]);
    expect(attempts).toBe(3);
  });

  it("is not sent again after a refusal, or if the catalog asks for more than a minute", async () => {
    for (const [answer, code] of [
      [[404, {}, problem("WORKER_NOT_FOUND")], "WORKER_NOT_FOUND"],
      [[429, { "Retry-After": "3600" }, problem("RATE_LIMITED")], "RATE_LIMITED"],
    ] as const) {
      const { catalog, waits } = await clientOf(answering([...answer]));
      await expect(catalog.list()).rejects.toMatchObject({ code });
      expect(waits).toEqual([]);
    }
  });

  it("ends with the reason of the caller's signal", async () => {
    const { catalog } = await clientOf(() => {});
    const asked = catalog.call("listPlans", { signal: AbortSignal.abort(new Error("enough")) });
    await expect(asked).rejects.toThrow("enough");
  });

  it("fails as NETWORK, with the reason, where nothing listens", async () => {
    const { url } = await clientOf(() => {});
    const port = new URL(url).port === "1" ? "2" : "1";
    const catalog = new Catalog({ url: `http://127.0.0.1:${port}`, sleep: async () => {} });
    await expect(catalog.list()).rejects.toMatchObject({
      code: "NETWORK",
      detail: expect.stringContaining("127.0.0.1"),
    });
  });
});

describe("an error", () => {
  it("has the facts of the catalog's problem", async () => {
    const more = {
      purchase_url: "https://shop.example",
      latest_covered_version: "1.2.0",
      errors: [{ path: "body.x", message: "is missing" }],
    };
    expect(await refusalOf(answering([403, {}, problem("VERSION_NOT_COVERED", more)]))).toMatchObject({
      code: "VERSION_NOT_COVERED",
      status: 403,
      detail: "A sentence.",
      requestId: "request-1",
      purchaseUrl: "https://shop.example",
      latestCoveredVersion: "1.2.0",
      errors: [{ path: "body.x", message: "is missing" }],
    });
  });

  it("is UNKNOWN for a code of a newer catalog, which it still names", async () => {
    expect(await refusalOf(answering([403, {}, problem("MOON_IS_FULL")]))).toMatchObject({
      code: "UNKNOWN",
      answeredCode: "MOON_IS_FULL",
      detail: "A sentence.",
    });
  });

  it("is told from the page of a proxy or of another server", async () => {
    const page = "<html>Sign in to the network</html>";
    expect(await refusalOf(answering([200, {}, page]))).toMatchObject({ code: "ANSWER_UNEXPECTED" });
    expect(await refusalOf(answering([404, {}, page]))).toMatchObject({ code: "ANSWER_UNEXPECTED", status: 404 });
    const badGateway = [502, {}, page] satisfies [number, object, string];
    const all = answering(badGateway, badGateway, badGateway, badGateway);
    expect(await refusalOf(all)).toMatchObject({ code: "SERVICE_UNAVAILABLE", status: 502 });
  });
});

describe("a hostile answer", () => {
  it("of no end is not kept in memory", async () => {
    const { catalog } = await clientOf((_request, response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      const send = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(1024 ** 2, " "), send);
      };
      send();
    });
    await expect(catalog.list()).rejects.toMatchObject({
      code: "ANSWER_UNEXPECTED",
      detail: expect.stringContaining("too long"),
    });
  });

  it("has no name that leads out of a folder", async () => {
    const choice = { worker_id: "worker", version: "1.0.0", platform: "linux-x86_64", filename: "worker-linux" };
    const evil = ["../worker", "/etc/worker", "a\\b", "C:worker", "..", "", "a\u0000b", 7];
    const names = evil.flatMap((name) => [{ filename: name }, { worker_id: name }, { version: name }]);
    for (const name of names) {
      const { catalog } = await clientOf((_request, response) => {
        response.end(JSON.stringify({ choice: { ...choice, ...name }, why: "", untried: [], ruled_out: [] }));
      });
      const asked = catalog.resolve({ machine: { platform: "linux-x86_64" } });
      await expect(asked, JSON.stringify(name)).rejects.toMatchObject({ code: "ANSWER_UNEXPECTED" });
      const file = { download_url: "https://catalog.test/dl/x", size: 1, sha256: "0".repeat(64), signature_url: null };
      const linked = await clientOf((_request, response) => {
        response.end(JSON.stringify({ ...file, public_url: null, ...choice, ...name }));
      });
      await expect(linked.catalog.link({ worker: "worker", version: "1.0.0" })).rejects.toMatchObject({
        code: "ANSWER_UNEXPECTED",
      });
    }
  });

  it("of another shape is refused, not returned", async () => {
    const { catalog } = await clientOf((_request, response) => response.end("{}"));
    const times = { expires_at: "soon", renew_after: "soon" };
    const seat = await clientOf((_request, response) => {
      response.end(JSON.stringify({ token: "eyJ", ...times, license: { id: "lic_1" }, machine: { id: "m" } }));
    });
    for (const ask of [
      () => catalog.resolve({ machine: { platform: "linux-x86_64" } }),
      () => catalog.license(KEY),
      () => catalog.activate(KEY, { fingerprint: "attic" }),
      () => seat.catalog.activate(KEY, { fingerprint: "attic" }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "ANSWER_UNEXPECTED" });
    }
  });
});

describe("a credential", () => {
  it("with a character that no token has is refused without a request, and not quoted", async () => {
    const refusal: unknown = await new Catalog({ url: "https://catalog.test" })
      .license("eyJSECRET.eyJ\u2026.abc")
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "TOKEN_INVALID", status: null });
    expect(String(refusal)).not.toContain("SECRET");
  });

  it("follows no redirect", async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end("{}");
    });
    onTestFinished(() => elsewhere.close());
    const { catalog, url } = await clientOf((request, response) => {
      const to = request.url?.startsWith("/moved") ? "" : elsewhere.url;
      response.writeHead(307, { Location: `${to}/moved` }).end();
    });
    const refusal: unknown = await catalog.license(KEY).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "REDIRECT_REFUSED", detail: expect.stringContaining(elsewhere.url) });
    expect(String(refusal)).not.toContain(KEY);
    expect(seen).toEqual([]);
    // Without a credential, an answer of another place is not taken for the catalog's.
    await expect(catalog.list()).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
    expect(url).not.toBe(elsewhere.url);
  });

  it("in a body follows no redirect either", async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(request.url);
      response.end("{}");
    });
    onTestFinished(() => elsewhere.close());
    const { catalog } = await clientOf((_request, response) => {
      response.writeHead(307, { Location: `${elsewhere.url}/v1/licenses/verify` }).end();
    });
    const asked = catalog.call("verifyToken", { body: { token: "eyJ.a.secret" } });
    await expect(asked).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
    expect(seen).toEqual([]);
  });

  it("is sent to no plain http but that of this machine", async () => {
    for (const url of ["http://catalog.example", "http://localhost.example.com", "http://127.0.0.1.example.com"]) {
      await expect(new Catalog({ url }).license(KEY)).rejects.toMatchObject({ code: "URL_NOT_SECURE" });
    }
    expect(() => new Catalog({ url: "catalog.example" })).toThrow(CatalogError);
  });
});
