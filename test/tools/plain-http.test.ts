import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { renderRecipe } from "../../src/domain/workers/recipe-rendering.ts";
import { assembledScript } from "../support/node/install-script.ts";
import { installed } from "../support/node/installed.ts";
import { makepkgMissing, recipePath } from "../support/node/makepkg.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { byHive, byMakepkg } from "../support/node/recipe-run.ts";

/**
 * Clients that carry a license key, and two servers: `catalog` on loopback, and `other`, which listens on every address
 * and is asked by one that is not loopback. Not one byte may reach `other`.
 */
const ID = "llm-worker-rbee-premium-cpu";
const KEY = `rbee_lic_${"A".repeat(55)}`;
const FORMULA = join(import.meta.dirname, "../../src/formats/homebrew/strategy/licensed-download.rb");
const STUB = join(import.meta.dirname, "../support/node/homebrew-stub.rb");

let catalog: Server;
let other: Server;
let answer: RequestListener;
let asked: string[] = [];
let received = 0;

const addressOf = (server: Server): AddressInfo => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address;
};
const portOf = (server: Server): number => addressOf(server).port;
const local = () => `http://127.0.0.1:${portOf(catalog)}`;
const elsewhere = () => `http://0.0.0.0:${portOf(other)}`;

beforeAll(async () => {
  catalog = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
    answer(request, response);
  }).listen(0, "127.0.0.1");
  other = createTcpServer((socket) => {
    received += 1;
    socket.destroy();
  }).listen(0, "0.0.0.0");
  await Promise.all([once(catalog, "listening"), once(other, "listening")]);
});

afterAll(() => {
  catalog.close();
  other.close();
});

beforeEach(() => {
  asked = [];
  received = 0;
  answer = (_, response) => response.writeHead(404).end();
});

/** Addresses of `other` that are not https, in forms that a careless check takes for loopback. */
const FORMS: [string, () => string][] = [
  ["another machine", elsewhere],
  ["a user name of localhost", () => elsewhere().replace("//", "//localhost@")],
  ["a user name and password of 127.0.0.1", () => elsewhere().replace("//", "//127.0.0.1:80@")],
  ["upper case", () => elsewhere().replace("http", "HTTP")],
  ["no scheme", () => elsewhere().replace("http://", "")],
  ["a path like loopback's", () => `${elsewhere()}/http://localhost`],
  ["a name below 127", () => elsewhere().replace("0.0.0.0", "127.0.0.1.example.invalid")],
  ["a name that begins with localhost", () => elsewhere().replace("0.0.0.0", "localhost.example.invalid")],
];

function recipe(): { directory: string; pkgbuild: string } {
  const text = { pkgbuild: readFileSync(recipePath("llm-worker-premium-cpu", "PKGBUILD"), "utf8"), srcinfo: "" };
  const binary = {
    architecture: "x86_64",
    filename: `${ID}-linux-x86_64`,
    sha256: "0".repeat(64),
    signature: null,
  } as const;
  const version = { pkgver: "1.0.0", source: null, binaries: [binary] };
  const { pkgbuild } = renderRecipe(text, version, "https://catalog.test");
  const directory = workDirectory();
  writeFileSync(join(directory, "PKGBUILD"), pkgbuild);
  return { directory, pkgbuild };
}

describe.each([
  ["the premium recipe in makepkg", byMakepkg, makepkgMissing],
  ["the premium recipe in a hive", byHive, null],
] as const)("%s", (_, run, missing) => {
  const start = (env: Record<string, string>) => {
    const { directory, pkgbuild } = recipe();
    return run(directory, pkgbuild, { RBEE_LICENSE_TOKEN: KEY, RBEE_MACHINE: "m", ...env });
  };

  it.skipIf(missing !== null).each(FORMS)("sends nothing by plain http to %s", async (_form, address) => {
    for (const variable of ["RBEE_CATALOG_URL", "WORKER_CATALOG_URL"]) {
      const { code, stderr } = await start({ [variable]: address() });
      expect([code === 0, received]).toEqual([false, 0]);
      // makepkg itself refuses every other scheme.
      if (address().startsWith("http://")) expect(stderr).toContain("must not be read on its way");
      expect(stderr).not.toContain(KEY);
    }
  });

  it.skipIf(missing !== null)("asks loopback, by no proxy, and follows no link that is not encrypted", async () => {
    answer = (_request, response) => response.writeHead(302, { Location: `${elsewhere()}/dl/x` }).end();
    const proxies = Object.fromEntries(["http_proxy", "all_proxy", "ALL_PROXY"].map((name) => [name, elsewhere()]));
    const { code, stderr } = await start({ RBEE_CATALOG_URL: local(), ...proxies });
    expect(asked).toEqual([expect.stringContaining(`Bearer ${KEY}`)]);
    expect([code === 0, received]).toEqual([false, 0]);
    expect(stderr).toContain("sent a link that is not encrypted");
  });

  it.skipIf(missing !== null)("shows an answer without control characters", async () => {
    const title = "a\u001b[2J\u0007b\u009b1m\u202ec";
    const body = JSON.stringify({ title: "T", detail: "D" }).replace("T", title).replace("D", `\r${title}`);
    answer = (_request, response) => response.writeHead(401, { "Content-Type": "application/problem+json" }).end(body);
    const { stderr } = await start({ RBEE_CATALOG_URL: local() });
    const shown = stderr.split("\n").find((line) => line.includes(" was not downloaded. a?[2J?b"));
    expect(shown).toMatch(/^[ -~]+$/);
    for (const bad of ["\u0007", "\u001b[2J", "\u202e"]) expect(stderr).not.toContain(bad);
  });
});

describe.skipIf(!installed("curl", "dash"))("install.sh", () => {
  const start = async (url: string, env: Record<string, string> = {}, args = ["premium-cpu"]) => {
    const home = workDirectory();
    writeFileSync(join(home, "install.sh"), assembledScript(url));
    return runAsUser(home, ["dash", "install.sh", ...args], {
      RBEE_LICENSE_TOKEN: KEY,
      RBEE_MACHINE: "m",
      ...env,
    });
  };
  const problem = JSON.stringify({ code: "CREDENTIAL_REQUIRED", detail: "D", request_id: "r" });
  const filename = `${ID}-linux-x86_64`;
  /** The choice of the worker, as the catalog answers without a license and with one. */
  const resolution = (isLicensed: boolean): string => {
    const choice = { worker_id: ID, version: "1.0.0", platform: "linux-x86_64", filename };
    const lack = { worker_id: ID, version: "1.0.0", filename, code: "LICENSE_REQUIRED", detail: "D" };
    return JSON.stringify({
      choice: isLicensed ? choice : null,
      why: "W",
      untried: [],
      ruled_out: isLicensed ? [] : [lack],
    });
  };
  const isChoice = ({ url }: IncomingMessage): boolean => url === "/v1/workers/resolve";

  it.each(["http://0.0.0.0", "http://localhost@0.0.0.0", "http://localhost:80@0.0.0.0", "http://127.0.0.1:80@0.0.0.0"])(
    "sends no license to %s",
    async (address) => {
      // This catalog answers, so that the script comes to the point of sending the license.
      const server = createServer((request, response) => {
        asked.push(`${request.url} ${request.headers.authorization ?? "-"}`);
        if (isChoice(request)) response.writeHead(200).end(resolution(false));
        else response.writeHead(401).end(problem);
      }).listen(0, "0.0.0.0");
      await once(server, "listening");
      const { code, stderr } = await start(`${address}:${portOf(server)}`);
      server.close();
      expect(code).toBe(1);
      expect(stderr).toContain("the connection is not encrypted");
      expect(asked.map((line) => line.split(" ")[0])).toEqual([
        "/v1/workers/resolve",
        "/v1/workers/premium-cpu/latest/download?platform=linux-x86_64",
      ]);
      expect(asked.join(" ")).not.toContain(KEY);
    },
  );

  it("asks loopback by no proxy, and follows no link from it to another machine", async () => {
    const found = { worker_id: ID, version: "1.0.0", sha256: "0".repeat(64), size: 5, filename };
    const links = [
      { signature_url: elsewhere() },
      { signature_url: `${local()}/sig`, download_url: `${elsewhere()}/x` },
    ];
    for (const link of links) {
      answer = (request, response) =>
        isChoice(request)
          ? response.writeHead(200).end(resolution(request.headers.authorization !== undefined))
          : request.headers.authorization
            ? response.writeHead(200).end(request.url === "/sig" ? "" : JSON.stringify({ ...found, ...link }))
            : response.writeHead(request.url === "/sig" ? 200 : 401).end(problem);
      const { code, stderr } = await start(local(), { http_proxy: elsewhere(), ALL_PROXY: elsewhere() });
      expect([code, received]).toEqual([1, 0]);
      expect(stderr).toContain("sent a link that is not encrypted");
    }
  });

  it.each([
    [KEY],
    ["premium-cpu", "--version", KEY.toUpperCase()],
    [`--key=${KEY}`],
    ["premium-cpu", `rbee_adm_${"x".repeat(43)}`],
    ["eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"],
  ])("refuses the arguments %s, sends nothing and repeats no secret", async (...args) => {
    const { code, stderr } = await start(local(), {}, args);
    expect([code, asked]).toEqual([2, []]);
    expect(stderr).toContain("RBEE_LICENSE_TOKEN");
    expect(stderr).not.toMatch(/A{9}|x{9}|eyJ/i);
  });

  it("shows a refusal without control characters", async () => {
    const text = "a\u001b[2J\u0007\u009b1m\u202ec";
    answer = (_, response) =>
      response.writeHead(403).end(problem.replace("D", text).replace("CREDENTIAL_REQUIRED", "X"));
    const { code, stderr } = await start(local());
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[\n -~]+$/);
    expect(stderr).toContain("a?[2J?");
  });
});

describe.skipIf(!installed("ruby", "curl"))("the Homebrew download of a premium worker", () => {
  const start = async (address: string, env: Record<string, string> = {}) => {
    const folder = workDirectory();
    const formula = `${readFileSync(FORMULA, "utf8")}
class Worker < Formula
  url "${address}/v1/workers/w/1.0.0/files/w", using: RbeeLicensedDownloadStrategy
  def install; end
end
`;
    writeFileSync(join(folder, "formula.rb"), formula);
    const into = workDirectory();
    const run = await runAsUser(folder, ["ruby", STUB, "formula.rb", into], {
      HOMEBREW_RBEE_LICENSE_TOKEN: KEY,
      ...env,
    });
    expect(run.code, run.stderr).toBe(0);
    return z
      .object({ error: z.string().nullable(), curls: z.array(z.array(z.string())) })
      .parse(JSON.parse(run.stdout));
  };

  it.each(FORMS)("sends nothing by plain http to %s", async (_, address) => {
    const { error } = await start(address());
    expect([received, error]).toEqual([0, expect.stringContaining("No license is sent to this address")]);
  });

  it("asks loopback by no proxy", async () => {
    const { error } = await start(local(), { http_proxy: elsewhere(), ALL_PROXY: elsewhere() });
    expect(asked[0]).toContain(`Bearer ${KEY}`);
    expect([received, error]).toEqual([0, expect.stringContaining("Download failed")]);
  });

  it("takes nothing but https from a catalog by https, redirects included", async () => {
    // Nobody answers at this port, so that the command line can be seen.
    const { curls } = await start("https://127.0.0.1:9");
    expect(curls.length).toBeGreaterThan(0);
    for (const command of curls) {
      expect(command[command.indexOf("--proto") + 1]).toBe("=https");
      expect(command).not.toContain("--proto-redir");
    }
  });
});
