import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { proxyOf } from "../../src/cli/proxy.ts";
import { formatMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { PROJECT } from "../end-to-end/program-run.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

describe("the proxies of the environment", () => {
  it.each([
    ["none", {}, null],
    ["that of http", { http_proxy: "http://a:1" }, { http_proxy: "http://a:1" }],
    ["those in capitals", { HTTPS_PROXY: "http://b:2" }, { https_proxy: "http://b:2" }],
    ["small letters first", { https_proxy: "http://a:1", HTTPS_PROXY: "http://b:2" }, { https_proxy: "http://a:1" }],
    ["one for both schemes", { ALL_PROXY: "http://c:3" }, { http_proxy: "http://c:3", https_proxy: "http://c:3" }],
    ["one without a scheme", { https_proxy: "proxy:3128" }, { https_proxy: "http://proxy:3128" }],
    ["an empty one", { https_proxy: "" }, null],
  ])("are %s", (_, env, expected) => {
    const settings = proxyOf(env);
    expect(settings === null ? null : { ...settings, no_proxy: undefined }).toEqual(expected);
  });

  it("are never for this machine, and not for the hosts of no_proxy", () => {
    const { no_proxy = "" } = proxyOf({ http_proxy: "http://a:1", NO_PROXY: ".corp,10.0.0.1" }) ?? {};
    expect(no_proxy.split(",")).toEqual(
      expect.arrayContaining([".corp", "10.0.0.1", "localhost", "*.localhost", "[::1]"]),
    );
  });
});

const closes: (() => void)[] = [];
afterEach(() => {
  for (const close of closes.splice(0)) close();
});

/** A server that records the addresses that it is asked for, and answers 404. It opens no tunnel. */
async function recorder(host = "127.0.0.1") {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    response.writeHead(404).end();
  });
  server.on("connect", (request, socket) => {
    seen.push(request.url ?? "");
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await once(server.listen(0, host), "listening");
  closes.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return { url: `http://${host}:${address.port}`, seen };
}

/** Runs the command in a process of its own, because the proxies are those of a process. */
async function run(args: string[], env: Record<string, string>) {
  const folder = await temporaryFolder();
  const child = spawn(process.execPath, ["src/cli/main.ts", ...args], {
    cwd: PROJECT,
    env: { PATH: process.env["PATH"] ?? "", HOME: folder, DEV_DIR: folder, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [stderr] = await Promise.all([text(child.stderr), new Promise((resolve) => child.on("close", resolve))]);
  return { code: child.exitCode, stderr };
}

describe("a command behind a proxy", () => {
  it("asks it for a catalog elsewhere", async () => {
    const proxy = await recorder();
    const folder = await temporaryFolder();
    writeFileSync(join(folder, "key.pub"), formatMinisignPublicKey(await generateMinisignKey()));
    const verify = [
      "--url",
      "http://catalog.invalid",
      "verify",
      "package.json",
      "--release-key",
      join(folder, "key.pub"),
    ];
    const { stderr } = await run(verify, { HTTP_PROXY: proxy.url });
    expect([proxy.seen[0], stderr]).toEqual([
      expect.stringContaining("catalog.invalid"),
      expect.stringContaining(`through the proxy ${new URL(proxy.url).host}`),
    ]);
  });

  it("never shows it a request for this machine, also with NODE_USE_ENV_PROXY", async () => {
    const [proxy, catalog, other] = [await recorder(), await recorder(), await recorder("127.0.0.3")];
    const env = { http_proxy: proxy.url, NODE_USE_ENV_PROXY: "1", RBEE_ADMIN_TOKEN: "rbee_adm_x" };
    for (const url of [catalog.url, catalog.url.replace("127.0.0.1", "localhost"), other.url]) {
      expect((await run(["--url", url, "stats"], env)).code).toBe(4);
    }
    expect([catalog.seen.length, other.seen.length, proxy.seen]).toEqual([2, 1, []]);
  });

  it("names the proxy that does not answer, without its password", async () => {
    const { code, stderr } = await run(["--url", "https://catalog.invalid", "license", "show", "lic_x"], {
      https_proxy: "http://ada:s3cret@127.0.0.1:9",
      RBEE_ADMIN_TOKEN: "rbee_adm_x",
    });
    expect([code, stderr]).toEqual([7, expect.stringContaining("cannot be reached through the proxy 127.0.0.1:9")]);
    expect(stderr).not.toContain("s3cret");
  });

  it("says that it does not use a proxy of another kind", async () => {
    const { stderr } = await run(["fingerprint"], { ALL_PROXY: "socks5://127.0.0.1:1080" });
    expect(stderr).toContain("it is no http proxy");
  });
});
