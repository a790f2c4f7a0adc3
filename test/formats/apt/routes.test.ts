import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { moveRelease } from "../../../src/domain/releases/act.ts";
import { framerOf } from "../../../src/domain/releases/framing/framer.ts";
import { apt } from "../../../src/formats/apt/format.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { publish } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { codeOf } from "../../support/admin-request.ts";
import { type Calls, countedEnv } from "../../support/counted-env.ts";
import { spoilIndex } from "../../support/framed-record.ts";
import { activate, adminAct, count, hive, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { publisher, publishRelease, randomBytes } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const CUDA = "llm-worker-rbee-premium-cuda";

const basic = (user: string, password: string) => ({ Authorization: `Basic ${btoa(`${user}:${password}`)}` });

const release = (worker_id: string, version: string, more: object = {}) =>
  publishRelease({ worker_id, version, bytes: randomBytes(100), framer: framerOf(env, [apt]), ...more });

async function move(id: string, worker: string, action: "yank" | "block"): Promise<void> {
  await moveRelease(env.DB, publisher(), id, action, "because");
  await publish(env, publishers, { topic: "manifest", key: worker }, []);
}

const ask = (path: string, headers: Record<string, string> = {}) => hive("GET", path, { headers });

/** The text at `path`, which must be there. */
async function text(path: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await ask(path, headers);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

/** The fields of that name in a list of packages or a description of a suite. */
const fields = (of: string, name: string): string[] =>
  [...of.matchAll(new RegExp(`^${name}: (.*)$`, "gm"))].map(([, value]) => value ?? "");

const packages = async (repository: string, headers: Record<string, string> = {}, suite = "stable", arch = "amd64") => {
  const list = await text(`/apt/${repository}/dists/${suite}/main/binary-${arch}/Packages`, headers);
  return fields(list, "Filename").map((path) => path.replace(/^pool\/.*\//, ""));
};

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the free apt repository", () => {
  it("lists every published version of the suite's channel, newest first, to everyone", async () => {
    await release(FREE, "1.9.0");
    await release(FREE, "1.10.0");
    await release(FREE, "2.0.0-rc.1");
    const yanked = await release(FREE, "1.11.0");
    await move(yanked.id, FREE, "yank");
    await release(PREMIUM, "1.0.0");
    const stable = [`${FREE}_1.10.0-1_amd64.deb`, `${FREE}_1.9.0-1_amd64.deb`];
    expect(await packages("rbee")).toEqual(stable);
    expect(await packages("rbee", {}, "rc")).toEqual([`${FREE}_2.0.0~rc.1-1_amd64.deb`, ...stable]);
    expect(await packages("rbee", {}, "alpha")).toEqual([`${FREE}_2.0.0~rc.1-1_amd64.deb`, ...stable]);
    expect(await packages("rbee", {}, "stable", "arm64")).toEqual([]);
  });

  it("names each list by its SHA-256 and size, under which apt finds it in every form", async () => {
    await release(FREE, "1.0.0");
    const described = await text("/apt/rbee/dists/stable/Release");
    expect(fields(described, "Acquire-By-Hash")).toEqual(["yes"]);
    const lists = [...described.matchAll(/^ ([0-9a-f]{64}) (\d+) (main\/binary-(?:amd64|arm64))\/(\S+)$/gm)];
    expect(lists.map(([, , , folder, form]) => `${folder}/${form}`)).toEqual([
      ...["main/binary-amd64/Packages", "main/binary-amd64/Packages.gz"],
      ...["main/binary-arm64/Packages", "main/binary-arm64/Packages.gz"],
    ]);
    for (const [, sum, size, folder, form] of lists) {
      const byName = await ask(`/apt/rbee/dists/stable/${folder}/${form}`);
      const byHash = await ask(`/apt/rbee/dists/stable/${folder}/by-hash/SHA256/${sum}`);
      const bytes = await byHash.arrayBuffer();
      expect([byHash.status, bytes.byteLength]).toEqual([200, Number(size)]);
      expect(new Uint8Array(await byName.arrayBuffer())).toEqual(new Uint8Array(bytes));
      expect(byHash.headers.get("ETag")).toBe(`"${sum}"`);
    }
  });

  it("is signed over the same text in InRelease and Release, and valid for seven days from the day's beginning", async () => {
    vi.useFakeTimers({ now: Date.parse("2027-03-05T13:14:15Z"), toFake: ["Date"] });
    const [signed, described] = [
      await text("/apt/rbee/dists/stable/InRelease"),
      await text("/apt/rbee/dists/stable/Release"),
    ];
    expect(signed).toMatch(/^-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n/);
    expect(signed).toContain(`\n\n${described.trimEnd()}\n`);
    expect(await text("/apt/rbee/dists/stable/Release.gpg")).toMatch(/^-----BEGIN PGP SIGNATURE-----\n/);
    expect(fields(described, "Date")).toEqual(["Fri, 05 Mar 2027 00:00:00 UTC"]);
    expect(fields(described, "Valid-Until")).toEqual(["Fri, 12 Mar 2027 00:00:00 UTC"]);
  });

  it("still has the lists of a moment ago under their SHA-256, also for another isolate", async () => {
    await release(FREE, "1.0.0");
    const described = await text("/apt/rbee/dists/stable/Release");
    const [, sum = ""] = /^ ([0-9a-f]{64}) \d+ main\/binary-amd64\/Packages$/m.exec(described) ?? [];
    await release(FREE, "1.1.0");
    for (const isolate of ["the same", "another"]) {
      if (isolate === "another") forgetIsolate();
      const list = await text(`/apt/rbee/dists/stable/main/binary-amd64/by-hash/SHA256/${sum}`);
      expect([isolate, fields(list, "Version")]).toEqual([isolate, ["1.0.0-1"]]);
    }
    const other = sum.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    expect((await ask(`/apt/rbee/dists/stable/main/binary-amd64/by-hash/SHA256/${other}`)).status).toBe(404);
  });

  it("answers 304 to a client that has the files, and files to all others", async () => {
    vi.useFakeTimers({ now: Date.parse("2027-03-05T13:14:15Z"), toFake: ["Date"] });
    const first = await ask("/apt/rbee/dists/stable/InRelease");
    expect(first.headers.get("Cache-Control")).toBe("public, no-cache");
    const date = first.headers.get("Last-Modified") ?? "";
    const since = await ask("/apt/rbee/dists/stable/InRelease", { "If-Modified-Since": date });
    expect([since.status, await since.text()]).toEqual([304, ""]);
    const tagged = { "If-None-Match": first.headers.get("ETag") ?? "" };
    expect((await ask("/apt/rbee/dists/stable/InRelease", tagged)).status).toBe(304);
    const before = { "If-Modified-Since": new Date(Date.parse(date) - 1000).toUTCString() };
    expect((await ask("/apt/rbee/dists/stable/InRelease", before)).status).toBe(200);
  });

  it("leaves out a package whose index it cannot read, and lists the others", async () => {
    await release(FREE, "1.0.0");
    await release(FREE, "1.1.0");
    await spoilIndex("deb", FREE, "1.1.0");
    const list = await text("/apt/rbee/dists/stable/main/binary-amd64/Packages");
    expect([fields(list, "Version"), fields(list, "Filename")]).toEqual([
      ["1.0.0-1"],
      [`pool/${FREE}/${FREE}_1.0.0-1_amd64.deb`],
    ]);
    expectLogged("package.left_out");
  });

  it("sends the package with its size, sum and range", async () => {
    await release(FREE, "1.0.0");
    const list = await text("/apt/rbee/dists/stable/main/binary-amd64/Packages");
    const path = `/apt/rbee/${fields(list, "Filename")[0]}`;
    const whole = await ask(path);
    const bytes = new Uint8Array(await whole.arrayBuffer());
    expect([whole.status, whole.headers.get("Content-Type")]).toEqual([200, "application/vnd.debian.binary-package"]);
    expect(whole.headers.get("Cache-Control")).toBe("public, max-age=30");
    expect(fields(list, "Size")).toEqual([String(bytes.length)]);
    expect(whole.headers.get("ETag")).toBe(`"${fields(list, "SHA256")[0]}"`);
    expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe("!<arch>\n");
    const rest = await ask(path, { Range: "bytes=1000-", "If-Range": whole.headers.get("Last-Modified") ?? "" });
    expect([rest.status, rest.headers.get("Content-Range")]).toEqual([
      206,
      `bytes 1000-${bytes.length - 1}/${bytes.length}`,
    ]);
    expect(new Uint8Array(await rest.arrayBuffer())).toEqual(bytes.subarray(1000));
    expect((await ask(path, { Range: `bytes=${bytes.length}-` })).status).toBe(416);
    const head = await hive("HEAD", path);
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(bytes.length)]);
  });

  it("has nothing at the other paths that apt tries, and reads no store to say so", async () => {
    const calls: Calls = { count: 0 };
    const counted = countedEnv(calls);
    const { createApp } = await import("../../../src/app.ts");
    const { service } = await import("../../../src/app.ts");
    for (const path of [
      "/apt/rbee/dists/stable/main/i18n/Translation-en.xz",
      "/apt/rbee/dists/stable/main/binary-i386/Packages.gz",
      "/apt/rbee/dists/stable/main/binary-amd64/Packages.xz",
      "/apt/rbee/dists/sid/InRelease",
      "/apt/other/dists/stable/InRelease",
      "/apt/rbee/dists/stable/main/binary-amd64/by-hash/SHA256/0",
    ]) {
      const context = {
        waitUntil: () => {},
        passThroughOnException: () => {},
        props: {},
      } as unknown as ExecutionContext;
      const response = await createApp(service).fetch(new Request(`https://catalog.test${path}`), counted, context);
      expect([path, response.status]).toEqual([path, 404]);
    }
    expect(calls.count).toBe(0);
  });

  it("withdraws a blocked version from the list and under its name, and keeps a yanked one under its name", async () => {
    const first = await release(FREE, "1.0.0");
    const second = await release(FREE, "1.1.0");
    const [newer, older] = (await packages("rbee")).map((name) => `/apt/rbee/pool/${FREE}/${name}`);
    await move(first.id, FREE, "block");
    await move(second.id, FREE, "yank");
    expect(await packages("rbee")).toEqual([]);
    const blocked = await ask(older ?? "");
    expect([blocked.status, await codeOf(blocked)]).toEqual([410, "RELEASE_BLOCKED"]);
    expect((await ask(newer ?? "")).status).toBe(200);
  });
});

describe("the premium apt repository", () => {
  it("asks for a credential before it reads anything", async () => {
    const response = await ask("/apt/rbee-premium/dists/stable/InRelease");
    expect([response.status, await codeOf(response)]).toEqual([401, "CREDENTIAL_REQUIRED"]);
    expect(response.headers.get("WWW-Authenticate")).toContain("Basic");
    await release(PREMIUM, "1.0.0");
    const file = await ask(`/apt/rbee-premium/pool/${PREMIUM}/${PREMIUM}_1.0.0-1_amd64.deb`);
    expect([file.status, await codeOf(file)]).toEqual([401, "CREDENTIAL_REQUIRED"]);
  });

  it("lists what the license covers, seats the machine, and keeps the answers private", async () => {
    await release(PREMIUM, "1.0.0");
    await release(PREMIUM, "1.1.0");
    await release(PREMIUM, "2.0.0");
    await release(CUDA, "1.0.0");
    const { key } = await issueLicense();
    const headers = basic("box", key);
    expect(await packages("rbee-premium", headers)).toEqual([
      `${PREMIUM}_1.1.0-1_amd64.deb`,
      `${PREMIUM}_1.0.0-1_amd64.deb`,
      `${CUDA}_1.0.0-1_amd64.deb`,
    ]);
    expect(await count("machines")).toBe(1);
    const described = await ask("/apt/rbee-premium/dists/stable/InRelease", headers);
    expect(described.headers.get("Cache-Control")).toBe("private, no-cache");
    expect(described.headers.get("Vary")).toContain("Authorization");
    const since = { ...headers, "If-Modified-Since": described.headers.get("Last-Modified") ?? "" };
    expect((await ask("/apt/rbee-premium/dists/stable/InRelease", since)).status).toBe(200);
    const file = await ask(`/apt/rbee-premium/pool/${PREMIUM}/${PREMIUM}_1.1.0-1_amd64.deb`, headers);
    expect([file.status, file.headers.get("Cache-Control")]).toEqual([200, "private, no-store"]);
    const uncovered = await ask(`/apt/rbee-premium/pool/${PREMIUM}/${PREMIUM}_2.0.0-1_amd64.deb`, headers);
    expect([uncovered.status, await codeOf(uncovered)]).toEqual([403, "VERSION_NOT_COVERED"]);
  });

  it("tells a refusal in the status line, which is all that apt shows", async () => {
    await release(PREMIUM, "1.0.0");
    const { id, key } = await issueLicense({ machine_limit: 1 });
    await activate(key, "first-box");
    const path = "/apt/rbee-premium/dists/stable/InRelease";
    const full = await ask(path, basic("second-box", key));
    expect([full.status, full.statusText]).toEqual([409, expect.stringMatching(/^Machine limit reached: /)]);
    await adminAct(id, "revoke", { reason: "test" });
    forgetIsolate();
    const revoked = await ask(path, basic("first-box", key));
    expect([revoked.status, revoked.statusText]).toEqual([403, expect.stringMatching(/^License revoked: [ -~]+$/)]);
  });

  it("gives a list by its SHA-256 to the license that it was made for only", async () => {
    await release(PREMIUM, "1.0.0");
    await release(PREMIUM, "2.0.0");
    const one = basic("one", (await issueLicense()).key);
    const described = await text("/apt/rbee-premium/dists/stable/Release", one);
    const [, sum] = /^ ([0-9a-f]{64}) \d+ main\/binary-amd64\/Packages$/m.exec(described) ?? [];
    await release(PREMIUM, "1.1.0");
    const path = `/apt/rbee-premium/dists/stable/main/binary-amd64/by-hash/SHA256/${sum}`;
    expect((await ask(path, one)).status).toBe(200);
    expect((await ask(path, basic("two", (await issueLicense()).key))).status).toBe(404);
    expect((await ask(path)).status).toBe(401);
  });
});

describe("the configuration of apt", () => {
  it("has the keys in both forms, and a file for each repository", async () => {
    const keyring = new Uint8Array(await (await ask("/apt/rbee.gpg")).arrayBuffer());
    expect([keyring[0], keyring.length > 100]).toEqual([0x98, true]);
    expect(await text("/apt/rbee.asc")).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n/);
    expect(await text("/apt/rbee-premium.sources")).toMatch(/^Types: deb\nURIs: https:\/\/\S+\/apt\/rbee-premium\n/);
    const page = await ask("/apt/rbee");
    expect([page.status, page.headers.get("Location")]).toEqual([303, "/install"]);
  });
});
