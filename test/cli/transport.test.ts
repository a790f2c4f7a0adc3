import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { checkedLink, type Outgoing, sendRequest } from "../../src/cli/transport.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

const closes: (() => void)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const close of closes.splice(0)) close();
});

const CREDENTIAL = "rbee_adm_some-token_of-an-admin";

const read = (credential: string | null = CREDENTIAL): Outgoing => ({
  method: "GET",
  headers: {},
  credential,
  timeoutMs: 10_000,
  follow: true,
});

/** A server on 127.0.0.1 that answers with `answer` and records each request. */
async function server(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: { url: string | undefined; authorization: string | undefined }[] = [];
  const { url, close } = await serve((request, response) => {
    seen.push({ url: request.url, authorization: request.headers.authorization });
    answer(request, response);
  });
  closes.push(close);
  return { url, seen };
}

const redirect = (status: number, to: string) => (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(status, { Location: to }).end();

describe("a request with a credential", () => {
  it.each([
    "http://catalog.example/v1/x",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
    "http://192.168.1.7:8787/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://localhost.example/",
    "http://notlocalhost/",
    "http://127.0.0.1.example/",
    "http://128.0.0.1/",
  ])("is refused for %s before anything is sent", async (url) => {
    const fetched = vi.spyOn(globalThis, "fetch");
    await expect(sendRequest(new URL(url), read())).rejects.toMatchObject({ exitCode: 2 });
    expect(fetched).not.toHaveBeenCalled();
  });

  it.each([
    "http://localhost/",
    "http://LOCALHOST:1/",
    "http://localhost./",
    "http://127.1/",
    "http://0x7f000001/",
    "http://127.255.255.254/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://2130706433/",
    "https://catalog.example/",
  ])("may go to %s", async (url) => {
    const fetched = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("ok"));
    await sendRequest(new URL(url), read());
    expect(fetched.mock.calls[0]?.[1]).toMatchObject({ redirect: "manual" });
  });

  it("follows a redirect on its own origin", async () => {
    const { url, seen } = await server((request, response) =>
      request.url === "/there" ? response.end("ok") : response.writeHead(301, { Location: "/there" }).end(),
    );
    expect(await (await sendRequest(new URL(`${url}/here`), read())).text()).toBe("ok");
    expect(seen).toEqual(["/here", "/there"].map((path) => ({ url: path, authorization: `Bearer ${CREDENTIAL}` })));
  });

  it.each([301, 302, 303, 307, 308])("is not sent to another origin by a %i", async (status) => {
    const other = await server((_, response) => response.end("ok"));
    const { url } = await server(redirect(status, `${other.url}/x`));
    await expect(sendRequest(new URL(url), read())).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(`use --url ${other.url}`),
    });
    expect(other.seen).toEqual([]);
  });

  it("is not sent again by a redirect of a change", async () => {
    const { url, seen } = await server(redirect(307, "/again"));
    const change = { ...read(), method: "POST", body: "{}" };
    await expect(sendRequest(new URL(url), change)).rejects.toMatchObject({ exitCode: 2 });
    expect(seen).toHaveLength(1);
  });

  it("is refused in words if no header can carry the credential", async () => {
    for (const credential of ["rbee_lic_A\nB", "rbee_adm_\u200bx", "ä"]) {
      const refused = sendRequest(new URL("https://catalog.example/"), read(credential));
      await expect(refused).rejects.toMatchObject({ exitCode: 3, message: expect.not.stringContaining(credential) });
    }
  });
});

describe("a request without a credential", () => {
  it("is sent by plain http, and follows a redirect to another origin", async () => {
    const other = await server((_, response) => response.end("ok"));
    const { url } = await server(redirect(302, `${other.url}/x`));
    expect(await (await sendRequest(new URL(url), read(null))).text()).toBe("ok");
  });

  it("is not led from https to plain http, nor in a circle", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    fetched.mockResolvedValueOnce(new Response(null, { status: 302, headers: { Location: "http://127.0.0.1:1/x" } }));
    await expect(sendRequest(new URL("https://catalog.example/"), read(null))).rejects.toThrow("not encrypted");
    expect(fetched).toHaveBeenCalledTimes(1);
    fetched.mockImplementation(async () => new Response(null, { status: 302, headers: { Location: "/x" } }));
    await expect(sendRequest(new URL("https://catalog.example/"), read(null))).rejects.toThrow("in a circle");
  });

  it("is not led from this machine to plain http elsewhere", async () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    for (const elsewhere of ["http://10.0.0.1/x", "http://[::ffff:127.0.0.1]/x", "http://localhost.example/x"]) {
      fetched.mockResolvedValueOnce(new Response(null, { status: 302, headers: { Location: elsewhere } }));
      await expect(sendRequest(new URL("http://localhost:1/"), read(null))).rejects.toThrow("not encrypted");
    }
    expect(fetched).toHaveBeenCalledTimes(3);
  });

  it.each(["file:///etc/passwd", "javascript:1", "http://"])("is not led to %s", async (to) => {
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(null, { status: 302, headers: { Location: to } }));
    await expect(sendRequest(new URL("https://catalog.example/"), read(null))).rejects.toThrow("no web address");
  });
});

describe("a link in an answer", () => {
  it.each([
    ["https://catalog.example", "https://bucket.example/x"],
    ["http://localhost:8787", "http://127.0.0.1:9000/bucket/x"],
    ["http://localhost:8787", "https://bucket.example/x"],
    ["http://mirror.example", "http://mirror.example/x"],
  ])("of %s may lead to %s", (catalog, link) => {
    expect(checkedLink(link, catalog).href).toBe(link);
  });

  it.each([
    ["https://catalog.example", "http://catalog.example/x"],
    ["https://catalog.example", "http://localhost:631/x"],
    ["http://localhost:8787", "http://bucket.example/x"],
    ["http://mirror.example", "http://127.0.0.1:631/x"],
    ["https://catalog.example", "file:///etc/passwd"],
    ["https://catalog.example", "/dl/x"],
  ])("of %s may not lead to %s", (catalog, link) => {
    expect(() => checkedLink(link, catalog)).toThrow("It is not followed.");
  });
});

describe("a command at a catalog on plain http", () => {
  const KEY = `rbee_lic_${"0A1B2C3D4E5".repeat(5)}`;
  const nowhere = {
    DEV_DIR: "/nonexistent",
    XDG_CONFIG_HOME: "/nonexistent",
    RBEE_ADMIN_TOKEN: CREDENTIAL,
    RBEE_LICENSE_KEY: KEY,
  };

  it.each([
    ["license", "list"],
    ["activate"],
    ["activate", "--key-stdin"],
    ["release", "publish", "/nonexistent", "--worker", "w", "--version", "1.0.0"],
    ["token", "list"],
    ["install", "llm-worker-rbee-cpu"],
  ])("refuses `%s` and sends nothing", async (...args) => {
    const fetched = vi.spyOn(globalThis, "fetch");
    for (const where of [["--url", "http://catalog.example"], []]) {
      const run = await runCli([...args, ...where], { ...nowhere, RBEE_CATALOG_URL: "http://10.1.2.3:8787" });
      expect(run).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("plain http") });
      expect(run.stderr).not.toContain(KEY.slice(12, 30));
    }
    expect(fetched).not.toHaveBeenCalled();
  });

  it("asks the doctor's questions without the admin token, and says so", async () => {
    const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("", { status: 404 }));
    const { code, stdout, stderr } = await runCli(["doctor", "--url", "http://catalog.example"], nowhere);
    expect([code, stdout]).toEqual([8, expect.stringMatching(/admin-token +The service gave no report/)]);
    expect(stderr).toContain("checks failed");
    const sent = fetched.mock.calls.map(([, init]) => new Headers(init?.headers).get("Authorization"));
    expect([sent.length > 5, sent.every((header) => header === null)]).toEqual([true, true]);
  });
});
