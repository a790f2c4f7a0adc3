import { env } from "cloudflare:workers";
import { unpackTar } from "modern-tar";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { moveRelease } from "../../../src/domain/releases/act.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { publish } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { codeOf } from "../../support/admin-request.ts";
import { activate, adminAct, count, hive, issueLicense, tokenFor } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { PGP_SIGNATURE, packageFile } from "../../support/package-fixture.ts";
import { publisher, publishRelease } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const CUDA = "llm-worker-rbee-premium-cuda";
const RBEE = "/arch/rbee/os/x86_64";
const GATED = "/arch/rbee-premium/os/x86_64";

const basic = (user: string, password: string) => ({ Authorization: `Basic ${btoa(`${user}:${password}`)}` });

/** The entries of a database, by name, and the file names in it. */
async function database(path: string, headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const response = await hive("GET", path, { headers });
  expect(response.status).toBe(200);
  if (!response.body) throw new Error("a database has a body");
  const entries = await unpackTar(response.body.pipeThrough(new DecompressionStream("gzip")));
  return Object.fromEntries(entries.map(({ header, data }) => [header.name, new TextDecoder().decode(data)]));
}

const folders = async (path: string, headers: Record<string, string> = {}) =>
  Object.keys(await database(path, headers)).filter((name) => name.endsWith("/"));

/** A published release with a package, and with a binary for the same platform. */
const release = (worker_id: string, version: string, more: object = {}) =>
  publishRelease({
    worker_id,
    version,
    files: [packageFile(worker_id, version, "linux-x86_64", more), { bytes: new Uint8Array(10) }],
  });

async function move(id: string, worker: string, action: "yank" | "block"): Promise<void> {
  await moveRelease(env.DB, publisher(), id, action, "because");
  await publish(env, publishers, { topic: "manifest", key: worker }, []);
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("the free repository", () => {
  it("lists the newest published stable version of each free worker, publicly", async () => {
    await release(FREE, "1.9.0");
    await release(FREE, "1.10.0");
    await release(FREE, "2.0.0-rc.1");
    await release(PREMIUM, "1.0.0");
    for (const name of ["rbee.db", "rbee.db.tar.gz"]) {
      expect(await folders(`${RBEE}/${name}`)).toEqual([`${FREE}-1.10.0-1/`]);
    }
    const files = await database(`${RBEE}/rbee.files`);
    expect(files[`${FREE}-1.10.0-1/desc`]).toContain(`%FILENAME%\n${FREE}-1.10.0-1-x86_64.pkg.tar.zst\n`);
    expect(files[`${FREE}-1.10.0-1/files`]).toBe(`%FILES%\nusr/\nusr/local/\nusr/local/bin/\nusr/local/bin/${FREE}\n`);
    expect(await folders("/arch/rbee/os/aarch64/rbee.db")).toEqual([]);
  });

  it("leaves out a package whose claims an earlier version of the service accepted, and lists the others", async () => {
    const CUDA_FREE = "llm-worker-rbee-cuda";
    await release(FREE, "1.0.0");
    await release(CUDA_FREE, "1.0.0");
    for (const [claim, shown] of [
      ["license = MIT", [`${FREE}-1.0.0-1/`, `${CUDA_FREE}-1.0.0-1/`]],
      ["replaces = glibc", [`${CUDA_FREE}-1.0.0-1/`]],
      ["pkgname = glibc", [`${CUDA_FREE}-1.0.0-1/`]],
    ] as const) {
      const [field] = claim.split(" = ");
      const contents = packageFile(FREE, "1.0.0").contents?.pkginfo ?? "";
      const pkginfo = field === "pkgname" ? contents.replace(`pkgname = ${FREE}`, claim) : `${contents}\n${claim}`;
      await env.DB.prepare(
        `UPDATE package_contents SET text = ? WHERE artifact_id IN (SELECT artifacts.id FROM artifacts
         JOIN releases ON releases.id = release_id WHERE worker_id = ?)`,
      )
        .bind(JSON.stringify({ pkginfo, files: [] }), FREE)
        .run();
      await publish(env, publishers, { topic: "manifest", key: FREE }, []);
      forgetIsolate();
      expect([claim, await folders(`${RBEE}/rbee.db`)]).toEqual([claim, shown]);
    }
    const [line] = expectLogged("package.left_out");
    expect(line).toMatchObject({ worker_id: FREE, filename: expect.stringContaining(FREE) });
  });

  it("exists and is empty before the first publication", async () => {
    expect(await folders(`${RBEE}/rbee.db`)).toEqual([]);
  });

  it("lists no yanked or blocked version, but serves the yanked file by its name", async () => {
    await release(FREE, "1.0.0");
    const yanked = await release(FREE, "1.1.0");
    const blocked = await release(FREE, "1.2.0");
    await move(blocked.id, FREE, "block");
    expect(await folders(`${RBEE}/rbee.db`)).toEqual([`${FREE}-1.1.0-1/`]);
    await move(yanked.id, FREE, "yank");
    expect(await folders(`${RBEE}/rbee.db`)).toEqual([`${FREE}-1.0.0-1/`]);
    const file = (version: string) => hive("GET", `${RBEE}/${FREE}-${version}-1-x86_64.pkg.tar.zst`);
    expect((await file("1.1.0")).status).toBe(302);
    expect([(await file("1.2.0")).status, await codeOf(await file("1.2.0"))]).toEqual([410, "RELEASE_BLOCKED"]);
  });

  it("redirects to a package and its signatures with URLs that pacman does not mistake for package files", async () => {
    const file = packageFile(FREE, "1.0.0", "linux-x86_64", { pgpSignature: PGP_SIGNATURE });
    await publishRelease({ worker_id: FREE, version: "1.0.0", files: [file] });
    const follow = async (suffix: string) => {
      const redirect = await hive("GET", `${RBEE}/${file.filename}${suffix}`);
      expect(redirect.status).toBe(302);
      const target = new URL(redirect.headers.get("Location") ?? "");
      expect(target.pathname).not.toContain(".");
      return hive("GET", target.href);
    };
    expect(new Uint8Array(await (await follow("")).arrayBuffer())).toEqual(file.bytes);
    const signature = await follow(".sig");
    expect(signature.headers.get("Content-Type")).toBe("application/octet-stream");
    expect(btoa(String.fromCharCode(...new Uint8Array(await signature.arrayBuffer())))).toBe(PGP_SIGNATURE);
    expect((await database(`${RBEE}/rbee.db`))[`${FREE}-1.0.0-1/desc`]).toContain(`%PGPSIG%\n${PGP_SIGNATURE}\n`);
    const unsigned = await hive("GET", `${RBEE}/${file.filename}.minisig`);
    expect([unsigned.status, await codeOf(unsigned)]).toEqual([404, "ARTIFACT_NOT_FOUND"]);
    const byVersion = await hive("GET", `/v1/workers/${FREE}/1.0.0/files/${file.filename}.sig`);
    expect(byVersion.status).toBe(302);
  });

  it("has no other file", async () => {
    await release(PREMIUM, "1.0.0");
    for (const path of [
      "/arch/core/os/x86_64/core.db",
      "/arch/rbee/os/i686/rbee.db",
      `${RBEE}/rbee.db.sig`,
      `${GATED}/rbee-premium.db.sig`,
      `${RBEE}/${PREMIUM}-1.0.0-1-x86_64.pkg.tar.zst`,
      `${RBEE}/premium-cpu-1.0.0-1-x86_64.pkg.tar.zst`,
      `${RBEE}/passwd-1.0.0-1-x86_64.pkg.tar.zst`,
    ]) {
      expect([path, await codeOf(await hive("GET", path))]).toEqual([path, "NOT_FOUND"]);
    }
  });
});

describe("the premium repository", () => {
  let key: string;
  let id: string;

  beforeEach(async () => {
    await release(PREMIUM, "1.5.0");
    await release(PREMIUM, "2.0.0");
    ({ key, id } = await issueLicense({ machine_limit: 1 }));
  });

  it("challenges for Basic without a read", async () => {
    const read = vi.spyOn(env.EDGE, "get");
    for (const file of ["rbee-premium.db", "rbee-premium.files"]) {
      const response = await hive("GET", `${GATED}/${file}`);
      expect([response.status, await codeOf(response)]).toEqual([401, "CREDENTIAL_REQUIRED"]);
      expect(response.headers.get("WWW-Authenticate")).toContain('Basic realm="rbee"');
    }
    expect(read).not.toHaveBeenCalled();
    expect((await hive("GET", `${GATED}/${PREMIUM}-1.5.0-1-x86_64.pkg.tar.zst`)).status).toBe(401);
  });

  it("lists the newest version that the license covers, and serves only that one", async () => {
    const headers = basic("arch-box", key);
    expect(await folders(`${GATED}/rbee-premium.db`, headers)).toEqual([`${PREMIUM}-1.5.0-1/`]);
    const own = await hive("GET", `${GATED}/${PREMIUM}-1.5.0-1-x86_64.pkg.tar.zst`, { headers });
    expect([own.status, own.headers.get("Cache-Control")]).toEqual([302, "private, no-store"]);
    const newer = await hive("GET", `${GATED}/${PREMIUM}-2.0.0-1-x86_64.pkg.tar.zst`, { headers });
    expect([newer.status, await codeOf(newer)]).toEqual([403, "VERSION_NOT_COVERED"]);
    const monthly = await issueLicense({ plan: "premium-monthly" });
    const all = await folders(`${GATED}/rbee-premium.db`, basic("arch-box", monthly.key));
    expect(all).toEqual([`${PREMIUM}-2.0.0-1/`]);
  });

  it("gives the machine a seat with the first database, if one is free", async () => {
    await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key));
    expect(await count("machines")).toBe(1);
    await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key));
    expect(await count("machines")).toBe(1);
    const second = await hive("GET", `${GATED}/rbee-premium.db`, { headers: basic("second-box", key) });
    expect([second.status, await codeOf(second)]).toEqual([409, "MACHINE_LIMIT_REACHED"]);
  });

  it("accepts a token like a key", async () => {
    const token = await tokenFor(key, "arch-box");
    for (const headers of [basic("arch-box", token), basic("", token), { Authorization: `Bearer ${token}` }]) {
      expect(await folders(`${GATED}/rbee-premium.db`, headers)).toEqual([`${PREMIUM}-1.5.0-1/`]);
    }
    const elsewhere = await hive("GET", `${GATED}/rbee-premium.db`, { headers: basic("second-box", token) });
    expect(await codeOf(elsewhere)).toBe("MACHINE_MISMATCH");
  });

  it("refuses a license that is not in force", async () => {
    const headers = basic("arch-box", key);
    await folders(`${GATED}/rbee-premium.db`, headers);
    expect((await adminAct(id, "revoke")).status).toBe(200);
    const response = await hive("GET", `${GATED}/rbee-premium.db`, { headers });
    expect([response.status, await codeOf(response)]).toEqual([403, "LICENSE_REVOKED"]);
  });

  it("reads KV once and never the ledger for an active machine", async () => {
    expect((await activate(key, "arch-box")).ok).toBe(true);
    forgetIsolate();
    const read = vi.spyOn(env.EDGE, "get");
    const ledger = [vi.spyOn(env.DB, "prepare"), vi.spyOn(env.DB, "batch")];
    expect(await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key))).toEqual([`${PREMIUM}-1.5.0-1/`]);
    expect(read).toHaveBeenCalledTimes(1);
    for (const asked of ledger) expect(asked).not.toHaveBeenCalled();
  });

  it("comes from the ledger if KV fails, or has the release but not yet its package", async () => {
    await env.EDGE.delete(`packages:${PREMIUM}`);
    forgetIsolate();
    expect(await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key))).toEqual([`${PREMIUM}-1.5.0-1/`]);
    forgetIsolate();
    vi.spyOn(env.EDGE, "get").mockRejectedValue(new Error("KV GET failed: 500"));
    expect(await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key))).toEqual([`${PREMIUM}-1.5.0-1/`]);
    expectLogged("edge.unreadable");
  });

  it("still describes a yanked package while the manifest is stale", async () => {
    const old = await env.EDGE.get(`manifest:${PREMIUM}`);
    const { results } = await env.DB.prepare("SELECT id FROM releases WHERE version = '1.5.0'").all<{ id: string }>();
    await move(results[0]?.id ?? "", PREMIUM, "yank");
    await env.EDGE.put(`manifest:${PREMIUM}`, old ?? "");
    forgetIsolate();
    expect(await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key))).toEqual([`${PREMIUM}-1.5.0-1/`]);
  });

  /** Changes the license's grant, as a purchase or an admin would. */
  async function grant(field: "entitlements" | "versions", value: string): Promise<void> {
    await env.DB.prepare(`UPDATE licenses SET ${field} = ? WHERE id = ?`).bind(value, id).run();
    await publish(env, publishers, { topic: "license", key: id }, []);
  }

  it("leaves out a worker that the license does not include or has no covered version of", async () => {
    await release(CUDA, "1.0.0");
    await grant("entitlements", `["${CUDA}"]`);
    expect(await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key))).toEqual([`${CUDA}-1.0.0-1/`]);
    await grant("entitlements", '["*"]');
    await grant("versions", "<1.5.0");
    expect(await folders(`${GATED}/rbee-premium.db`, basic("arch-box", key))).toEqual([`${CUDA}-1.0.0-1/`]);
  });

  it("is private to the asker, and a change of the license outdates a copy", async () => {
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start + 10_000 });
    const ask = (headers: Record<string, string> = {}) =>
      hive("GET", `${GATED}/rbee-premium.db`, { headers: { ...basic("arch-box", key), ...headers } });
    const first = await ask();
    expect(first.headers.get("Cache-Control")).toBe("private, no-cache");
    expect(first.headers.get("Vary")).toContain("Authorization, Rbee-Machine");
    const since = { "If-Modified-Since": first.headers.get("Last-Modified") ?? "" };
    vi.setSystemTime(start + 20_000);
    expect((await ask(since)).status).toBe(304);
    await grant("versions", "*");
    expect((await ask(since)).status).toBe(200);
  });
});

describe("a copy of a database", () => {
  const ask = (headers: Record<string, string> = {}) => hive("GET", `${RBEE}/rbee.db`, { headers });
  const dateOf = (response: Response) => response.headers.get("Last-Modified") ?? "";

  it("is current until something changes, also backwards", async () => {
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    await release(FREE, "1.0.0");
    const first = await ask();
    const since = (response: Response) => ask({ "If-Modified-Since": dateOf(response) });
    expect((await since(first)).status).toBe(304);
    expect((await ask({ "If-None-Match": first.headers.get("ETag") ?? "" })).status).toBe(304);

    vi.setSystemTime(start + 1000);
    const newer = await release(FREE, "1.1.0");
    const second = await since(first);
    expect(second.status).toBe(200);
    expect((await since(second)).status).toBe(304);

    vi.setSystemTime(start + 2000);
    await move(newer.id, FREE, "yank");
    const third = await since(second);
    expect(third.status).toBe(200);
    expect(third.headers.get("ETag")).toBe(first.headers.get("ETag"));
    expect(Date.parse(dateOf(third))).toBeGreaterThan(Date.parse(dateOf(second)));
  });
});
