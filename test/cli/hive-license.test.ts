import { mkdir, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const KEY = `rbee_lic_${"0A1B2C3D4E5".repeat(5)}`;
const OTHER = `rbee_lic_${"5E4D3C2B1A0".repeat(5)}`;
const STALE = "eyJhbGciOiJFZERTQSJ9.eyJzdGFsZSI6MX0.c2ln";
const FRESH = "eyJhbGciOiJFZERTQSJ9.eyJmcmVzaCI6MX0.c2ln";

type Ask = { path: string; authorization: string | undefined; machine: string | undefined };
type Answer = { status: number; body: object };

let folder = "";
let close: (() => void) | undefined;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => close?.());

const problem = (status: number, code: string): Answer => ({ status, body: { code, detail: `${code}.` } });

/** A catalog of one premium worker: its download is answered by `download`, its list of versions by `versions`. */
async function catalog(download: (ask: Ask) => Answer, versions: object = { latest: null, versions: [] }) {
  const key = formatMinisignPublicKey(await generateMinisignKey());
  const asks: Ask[] = [];
  const server = await serve((request: IncomingMessage, response: ServerResponse) => {
    const path = request.url?.split("?")[0] ?? "";
    if (path === "/keys/release-signing.pub") return response.end(key);
    // A catalog from before this operation.
    if (path === "/v1/workers/resolve") return response.writeHead(404).end();
    const { authorization } = request.headers;
    const machine = request.headers["rbee-machine"]?.toString();
    const ask = { path, authorization: authorization?.replace("Bearer ", ""), machine };
    asks.push(ask);
    const renewed = { token: FRESH, expires_at: "2099-01-01T00:00:00Z", renew_after: null };
    const license = { id: "lic_1", status: "active", entitlements: ["*"], machine_limit: 1 };
    const answer = path.endsWith("/download")
      ? download(ask)
      : path.endsWith("/versions")
        ? { status: 200, body: versions }
        : { status: 200, body: { ...renewed, license, machine: { id: "mach_1" } } };
    return response.writeHead(answer.status, { "Content-Type": "application/json" }).end(JSON.stringify(answer.body));
  });
  close = server.close;
  const install = (env: NodeJS.ProcessEnv = {}) =>
    runCli(["--url", server.url, "install", "premium-cpu", "--platform", "linux-x86_64", "--dir", join(folder, "w")], {
      ...{
        DEV_DIR: folder,
        XDG_CONFIG_HOME: folder,
        RBEE_LICENSE_KEY: "",
        RBEE_LICENSE_TOKEN: "",
        RBEE_MACHINE: "Büro",
      },
      ...env,
    });
  const activated = async () => {
    const seat = { url: server.url, license_key: KEY, license_id: "lic_1", machine_id: "mach_1", fingerprint: "m" };
    const activation = { ...seat, token: STALE, token_expires_at: "2099-01-01T00:00:00Z" };
    await mkdir(join(folder, "rbee"), { recursive: true });
    await writeFile(join(folder, "rbee/catalog.json"), JSON.stringify({ activation, release_keys: {} }));
  };
  return { install, activated, asks, url: server.url };
}

const needsLicense = ({ authorization }: Ask): Answer =>
  authorization === undefined ? problem(401, "CREDENTIAL_REQUIRED") : problem(403, "LICENSE_REVOKED");

describe("install", () => {
  it("sends a license only once the catalog has asked for one", async () => {
    const { install, activated, asks } = await catalog(() => problem(410, "RELEASE_BLOCKED"));
    await activated();
    expect((await install({ RBEE_LICENSE_KEY: KEY })).code).toBe(5);
    expect(asks.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it.each([
    ["RBEE_LICENSE_KEY", KEY],
    ["RBEE_LICENSE_TOKEN", KEY],
    ["RBEE_LICENSE_KEY", FRESH],
    ["RBEE_LICENSE_TOKEN", FRESH],
  ])("takes the license from %s: %s", async (name, value) => {
    const { install, asks } = await catalog(needsLicense);
    expect((await install({ [name]: `"${value}"\r\n` })).code).toBe(5);
    const machine = value === KEY ? Buffer.from("Büro", "utf8").toString("latin1") : undefined;
    expect(asks.at(-1)).toMatchObject({ authorization: value, machine });
  });

  it.each(["TOKEN_EXPIRED", "TOKEN_INVALID", "KEY_REQUIRED"])(
    "replaces a cached token by its key after %s",
    async (code) => {
      const { install, activated, asks } = await catalog((ask) =>
        ask.authorization === STALE ? problem(401, code) : needsLicense(ask),
      );
      await activated();
      expect((await install()).code).toBe(5);
      expect(asks.map(({ path, authorization }) => [path.split("/").at(-1), authorization])).toEqual([
        ["download", undefined],
        ["download", STALE],
        ["token", KEY],
        ["download", FRESH],
      ]);
    },
  );

  it("prefers another license of the environment to the activation", async () => {
    const { install, activated, asks } = await catalog(needsLicense);
    await activated();
    await install({ RBEE_LICENSE_KEY: OTHER });
    expect(asks.at(-1)?.authorization).toBe(OTHER);
  });

  const released = { version: "1.0.0", artifacts: [{ platform: "macos-aarch64" }] };
  it.each([
    ["without a release", { latest: null, versions: [] }, 4, "has no release yet"],
    ["without a binary for this system", { latest: "1.0.0", versions: [released] }, 4, "no binary for linux-x86_64"],
    [
      "that this system can have",
      { latest: "1.0.0", versions: [{ version: "1.0.0", artifacts: [{ platform: "linux-x86_64" }] }] },
      3,
      "needs a license",
    ],
  ])("without a license names the reason for a worker %s", async (_, versions, code, reason) => {
    const { install } = await catalog(needsLicense, versions);
    expect(await install()).toMatchObject({ code, stderr: expect.stringContaining(reason) });
  });

  it("says where to free a seat of a full license", async () => {
    const { install } = await catalog((ask) =>
      ask.authorization ? problem(409, "MACHINE_LIMIT_REACHED") : needsLicense(ask),
    );
    const { code, stderr } = await install({ RBEE_LICENSE_KEY: KEY });
    expect([code, stderr]).toEqual([5, expect.stringContaining("Free a seat: run `rbee-catalog deactivate`")]);
  });
});
