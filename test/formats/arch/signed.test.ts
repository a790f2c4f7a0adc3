import { env } from "cloudflare:workers";
import { unpackTar } from "modern-tar";
import { describe, expect, it, vi } from "vitest";
import { moveRelease } from "../../../src/domain/releases/act.ts";
import { framerOf } from "../../../src/domain/releases/framing/framer.ts";
import { packageSigner } from "../../../src/domain/releases/framing/package-signer.ts";
import { arch } from "../../../src/formats/arch/format.ts";
import { encodeBase64 } from "../../../src/lib/encoding.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { publish } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { codeOf } from "../../support/admin-request.ts";
import { spoilIndex } from "../../support/framed-record.ts";
import { adminAct, hive, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { PGP_SIGNATURE, packageFile } from "../../support/package-fixture.ts";
import { publisher, publishRelease, randomBytes, sha256Hex } from "../../support/publish-release.ts";

/** The repositories in which everything is signed. */
const FREE = "llm-worker-rbee-cpu";
const CUDA = "llm-worker-rbee-cuda";
const PREMIUM = "llm-worker-rbee-premium-cpu";
const RBEE = "/arch/signed/rbee/os/x86_64";
const GATED = "/arch/signed/rbee-premium/os/x86_64";

const basic = (password: string, user = "box") => ({ Authorization: `Basic ${btoa(`${user}:${password}`)}` });
const get = (path: string, headers: Record<string, string> = {}) => hive("GET", path, { headers });
const bytesAt = async (path: string, headers: Record<string, string> = {}) => {
  const response = await get(path, headers);
  expect([path, response.status]).toEqual([path, 200]);
  return new Uint8Array(await response.arrayBuffer());
};

/** The texts of a database, by name. */
async function database(path: string, headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const stream = new Blob([await bytesAt(path, headers)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const entries = await unpackTar(stream);
  return Object.fromEntries(entries.map(({ header, data }) => [header.name, new TextDecoder().decode(data)]));
}
const folders = async (path: string, headers: Record<string, string> = {}) =>
  Object.keys(await database(path, headers)).filter((name) => name.endsWith("/"));

const program = randomBytes(3000);

/** Publishes a release with a binary, and with these files of its own. */
const release = (worker_id: string, version: string, ...files: ReturnType<typeof packageFile>[]) =>
  publishRelease({ worker_id, version, files: [{ bytes: program, framer: framerOf(env, [arch]) }, ...files] });

async function move(id: string, worker: string, action: "yank" | "block"): Promise<void> {
  await moveRelease(env.DB, publisher(), id, action, "because");
  await publish(env, publishers, { topic: "manifest", key: worker }, []);
}

describe("a signed repository", () => {
  it("lists a package of each worker's newest stable binary, with its signature in the database", async () => {
    await release(FREE, "1.9.0");
    await release(FREE, "1.10.0");
    await release(FREE, "2.0.0-rc.1");
    const files = await database(`${RBEE}/rbee.files`);
    const folder = `${FREE}-1.10.0-1`;
    expect(Object.keys(files)).toEqual([`${folder}/`, `${folder}/desc`, `${folder}/files`]);
    expect(files[`${folder}/desc`]).toContain(`%FILENAME%\n${folder}-x86_64.pkg.tar\n`);
    expect(files[`${folder}/files`]).toContain(`usr/bin/${FREE}\nusr/share/\n`);
    const [, size, sha256, signature] =
      /%CSIZE%\n(\d+)\n[\s\S]*%SHA256SUM%\n(\w+)\n[\s\S]*%PGPSIG%\n(\S+)\n/.exec(files[`${folder}/desc`] ?? "") ?? [];
    const file = await bytesAt(`${RBEE}/${folder}-x86_64.pkg.tar`);
    expect(file.length).toBe(Number(size));
    expect(await sha256Hex(file)).toBe(sha256);
    expect(encodeBase64(await bytesAt(`${RBEE}/${folder}-x86_64.pkg.tar.sig`))).toBe(signature);
    // The program is the stored file itself.
    const entries = await unpackTar(file);
    expect(entries.find(({ header }) => header.name === `usr/bin/${FREE}`)?.data).toEqual(program);
    expect(await folders("/arch/signed/rbee/os/aarch64/rbee.db")).toEqual([]);
  });

  it("signs each database by the first key, and both are the same when they are asked for again", async () => {
    await release(FREE, "1.0.0");
    for (const name of ["rbee.db", "rbee.files", "rbee.db.tar.gz"]) {
      const made = await bytesAt(`${RBEE}/${name}`);
      const signature = await bytesAt(`${RBEE}/${name}.sig`);
      const signer = await packageSigner(configOf(env));
      // The time is in the signature: the first four bytes of the second subpacket.
      const at = new DataView(signature.buffer).getUint32(2 + 6 + 23 + 2);
      expect(signature).toEqual(await signer.signOnce(made, at));
      expect([await bytesAt(`${RBEE}/${name}`), await bytesAt(`${RBEE}/${name}.sig`)]).toEqual([made, signature]);
    }
  });

  it("prefers an uploaded package of the same version if it is signed, and never offers an unsigned one", async () => {
    await release(FREE, "1.0.0", packageFile(FREE, "1.0.0", "linux-x86_64", { pgpSignature: PGP_SIGNATURE }));
    await release(CUDA, "1.0.0", packageFile(CUDA, "1.0.0"));
    const files = await database(`${RBEE}/rbee.db`);
    expect(files[`${FREE}-1.0.0-1/desc`]).toContain(`${FREE}-1.0.0-1-x86_64.pkg.tar.zst\n`);
    expect(files[`${CUDA}-1.0.0-1/desc`]).toContain(`${CUDA}-1.0.0-1-x86_64.pkg.tar\n`);
    expect((await get(`${RBEE}/${FREE}-1.0.0-1-x86_64.pkg.tar.zst`)).status).toBe(302);
    await release(FREE, "1.1.0");
    expect(await folders(`${RBEE}/rbee.db`)).toEqual([`${FREE}-1.1.0-1/`, `${CUDA}-1.0.0-1/`]);
    // Machines that follow the other repository trust no key of the catalog.
    expect(await folders("/arch/rbee/os/x86_64/rbee.db")).toEqual([`${FREE}-1.0.0-1/`, `${CUDA}-1.0.0-1/`]);
    for (const name of [`${FREE}-1.1.0-1-x86_64.pkg.tar`, "rbee.db.sig"]) {
      expect((await get(`/arch/rbee/os/x86_64/${name}`)).status).toBe(404);
    }
  });

  it("offers nothing yanked or blocked, and delivers a yanked package by its name", async () => {
    await release(FREE, "1.0.0");
    const yanked = await release(FREE, "1.1.0");
    const blocked = await release(FREE, "1.2.0");
    await move(yanked.id, FREE, "yank");
    await move(blocked.id, FREE, "block");
    expect(await folders(`${RBEE}/rbee.db`)).toEqual([`${FREE}-1.0.0-1/`]);
    for (const suffix of ["", ".sig"]) {
      expect((await get(`${RBEE}/${FREE}-1.1.0-1-x86_64.pkg.tar${suffix}`)).status).toBe(200);
      const refused = await get(`${RBEE}/${FREE}-1.2.0-1-x86_64.pkg.tar${suffix}`);
      expect([refused.status, await codeOf(refused)]).toEqual([410, "RELEASE_BLOCKED"]);
    }
  });

  it("offers the newest version whose index it can read, and the other workers", async () => {
    await release(FREE, "1.0.0");
    await release(FREE, "1.1.0");
    await release(CUDA, "1.0.0");
    await spoilIndex("pkg", FREE, "1.1.0");
    expect(await folders(`${RBEE}/rbee.db`)).toEqual([`${FREE}-1.0.0-1/`, `${CUDA}-1.0.0-1/`]);
    expectLogged("package.left_out");
  });

  it("has no other names", async () => {
    await release(FREE, "1.0.0");
    for (const path of [
      `${RBEE}/rbee-premium.db.sig`,
      `${RBEE}/${FREE}-1.0.0-1-aarch64.pkg.tar`,
      `${RBEE}/${FREE}-1.0.0-1-x86_64.pkg.tar.minisig`,
      `${RBEE}/${FREE}-1.0.1-1-x86_64.pkg.tar`,
      `${GATED}/${FREE}-1.0.0-1-x86_64.pkg.tar`,
    ]) {
      expect([path, (await get(path, basic((await issueLicense()).key))).status]).toEqual([path, 404]);
    }
  });
});

describe("the signed premium repository", () => {
  it("asks for a credential before it reads anything", async () => {
    await release(PREMIUM, "1.0.0");
    const file = `${PREMIUM}-1.0.0-1-x86_64.pkg.tar`;
    for (const name of ["rbee-premium.db", "rbee-premium.db.sig", file, `${file}.sig`]) {
      const response = await get(`${GATED}/${name}`);
      expect([name, response.status, response.headers.get("WWW-Authenticate")]).toEqual([
        name,
        401,
        expect.stringContaining("Basic"),
      ]);
    }
  });

  it("lists the newest version that the license covers, and refuses the others and a revoked license", async () => {
    const { key, id } = await issueLicense({ plan: "premium-trial" });
    await release(PREMIUM, "1.5.0");
    await release(PREMIUM, "2.0.0");
    const lifetime = await issueLicense();
    const asker = basic(lifetime.key);
    expect(await folders(`${GATED}/rbee-premium.db`, asker)).toEqual([`${PREMIUM}-1.5.0-1/`]);
    const file = `${GATED}/${PREMIUM}-1.5.0-1-x86_64.pkg.tar`;
    expect((await bytesAt(file, asker)).length).toBeGreaterThan(program.length);
    const part = await get(file, { ...asker, Range: "bytes=512-1023" });
    expect([part.status, part.headers.get("Vary")]).toEqual([206, "Authorization, Rbee-Machine"]);
    for (const suffix of ["", ".sig"]) {
      const uncovered = await get(`${GATED}/${PREMIUM}-2.0.0-1-x86_64.pkg.tar${suffix}`, asker);
      expect([uncovered.status, await codeOf(uncovered)]).toEqual([403, "VERSION_NOT_COVERED"]);
    }
    await folders(`${GATED}/rbee-premium.db`, basic(key));
    const second = await get(`${GATED}/rbee-premium.db`, basic(key, "second-box"));
    expect([second.status, await codeOf(second)]).toEqual([409, "MACHINE_LIMIT_REACHED"]);
    await adminAct(lifetime.id, "revoke");
    await adminAct(id, "revoke");
    for (const path of [`${GATED}/rbee-premium.db`, `${GATED}/rbee-premium.db.sig`, file, `${file}.sig`]) {
      const refused = await get(path, asker);
      expect([path, refused.status, await codeOf(refused)]).toEqual([path, 403, "LICENSE_REVOKED"]);
    }
  });

  it("reads KV once for a database, and the ledger never once the machine has a seat", async () => {
    await release(PREMIUM, "1.0.0");
    const { key } = await issueLicense();
    await folders(`${GATED}/rbee-premium.db`, basic(key));
    forgetIsolate();
    const read = vi.spyOn(env.EDGE, "get");
    const ledger = [vi.spyOn(env.DB, "prepare"), vi.spyOn(env.DB, "batch")];
    await folders(`${GATED}/rbee-premium.db`, basic(key));
    expect(read).toHaveBeenCalledTimes(1);
    for (const one of ledger) expect(one).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
