import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Catalog, download, HiveLicense, type PublicKey } from "../../../clients/typescript/src/index.ts";
import { fileSeatStore, fileSink, machineFingerprint, nativeDigest } from "../../../clients/typescript/src/node.ts";
import { machineFingerprint as fingerprintOfCommand } from "../../../src/cli/hive/machine.ts";
import { within } from "../buyer.ts";
import { type Fate, type FlakyProxy, startFlakyProxy } from "../flaky-proxy.ts";
import type { Catalog as ServedCatalog } from "../running-catalog.ts";
import { sharedCatalog } from "../shared-catalog.ts";
import { CLIENT, installClient, runIn } from "./packed.ts";
import { fatesOfBytes, through } from "./through-proxy.ts";

/** A hive that uses the TypeScript client, with a served catalog behind a line that breaks. */

const WORKER = "llm-worker-rbee-premium-cpu";
/** Below the samples, so that no other suite's `latest` changes. */
const VERSION = "0.0.3";
const BYTES = randomBytes(3 * 1024 ** 2);
const MiB = 1024 ** 2;

let root = "";
let served: ServedCatalog;
let proxy: FlakyProxy;
let catalog: Catalog;
let releaseKeys: PublicKey[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rbee-typescript-client-"));
  served = await sharedCatalog();
  const file = join(root, `${WORKER}-linux-x86_64`);
  await writeFile(file, BYTES);
  await served.publish(WORKER, VERSION, [file]);
  proxy = await startFlakyProxy(Number(new URL(served.url).port));
  catalog = new Catalog({ url: served.url, fetch: through(proxy, served.url), sleep: async () => {} });
  releaseKeys = (await catalog.releaseKeys()).keys;
});
beforeEach(() => {
  proxy.log.length = 0;
  proxy.fate = () => "pass";
});
afterAll(async () => {
  proxy?.close();
  await rm(root, { recursive: true, force: true });
});

/** A machine of its own, with a seat file and a place for the download. */
function machine(name: string, key: string) {
  const store = fileSeatStore(join(root, name, "seat.json"));
  const license = new HiveLicense({ catalog, fingerprint: name, name, store, key });
  const part = join(root, `${name}.part`);
  const request = { worker: WORKER, version: VERSION, platform: "linux-x86_64", releaseKeys } as const;
  const receive = (more: object = {}) =>
    download(catalog, { ...request, license: license.token, sink: fileSink(part), digest: nativeDigest, ...more });
  return { license, part, receive };
}

/** The ranges of the requests for bytes, in their order; empty for a whole file. */
const ranges = (): string[] =>
  proxy.log.flatMap((line) => (/ \/dl\/[^/ ]+( |$)/.test(line) ? [line.split(" ")[2] ?? ""] : []));

describe("a hive", () => {
  it("activates, gets the file that fits, goes on after a break, and is refused once the license is revoked", async () => {
    const { id, key } = await served.issue("premium-lifetime");
    const { license, part, receive } = machine("attic", key);
    const described = { platform: "linux-x86_64", libc: { name: "glibc", version: "2.39" }, gpus: [] };
    const { choice } = await catalog.resolve(
      { worker: WORKER, version: VERSION, machine: described },
      await license.token(),
    );
    expect(choice).toMatchObject({ worker_id: WORKER, version: VERSION });

    proxy.fate = fatesOfBytes({ cutAfter: MiB });
    const done = await receive();
    expect(done).toMatchObject({ worker_id: WORKER, version: VERSION, size: BYTES.length });
    expect(done.signedBy).toMatch(/^[0-9A-F]{16}$/);
    expect(await readFile(part)).toEqual(BYTES);
    const [first, second = ""] = ranges();
    expect([first, Number(/^bytes=(\d+)-$/.exec(second)?.[1]) > 0]).toEqual(["", true]);
    expect((await stat(join(root, "attic/seat.json"))).mode & 0o777).toBe(0o600);

    const wanted = { worker_id: WORKER, version: VERSION };
    expect(await license.verify({ wanted, online: true })).toMatchObject({ code: "VALID", status: "valid" });
    expect((await served.admin("license", "revoke", id, "--reason", "stolen")).code).toBe(0);
    const again = machine("attic", key);
    await expect(again.license.activate()).rejects.toMatchObject({
      code: "LICENSE_REVOKED",
      detail: expect.stringMatching(/no longer opens anything/),
    });
    const isRefused = async (): Promise<boolean> =>
      again.receive().then(
        () => false,
        (error: unknown) => error instanceof Error && "code" in error && error.code === "LICENSE_REVOKED",
      );
    expect(await within(70, isRefused)).toBe(true);
    const isListed = async (): Promise<boolean> =>
      (await machine("attic", key).license.verify({ online: true })).status === "invalid";
    expect(await within(90, isListed)).toBe(true);
  });

  it("resumes in a later run, after it was ended in the middle", async () => {
    const { key } = await served.issue("premium-lifetime");
    const { part, receive } = machine("cellar", key);
    const stopped = new AbortController();
    const onProgress = (received: number): void => {
      if (received > MiB) stopped.abort(new Error("ended"));
    };
    await expect(receive({ signal: stopped.signal, onProgress })).rejects.toThrow("ended");
    const { size } = await stat(part);
    expect(size).toBeGreaterThan(MiB);
    proxy.log.length = 0;
    await receive();
    expect(ranges()).toEqual([`bytes=${size}-`]);
    expect(await readFile(part)).toEqual(BYTES);
  });

  it.each<[name: string, fates: Fate[]]>([
    ["a proxy that strips Range after a break", [{ cutAfter: MiB }, "whole"]],
    ["a line that breaks four times", [{ cutAfter: MiB }, { cutAfter: 1 }, { cutAfter: 1 }, { cutAfter: 1 }]],
  ])("gets the whole file through %s", async (name, fates) => {
    const { key } = await served.issue("premium-lifetime");
    const { part, receive } = machine(name.replaceAll(" ", "-"), key);
    proxy.fate = fatesOfBytes(...fates);
    await receive();
    expect(await readFile(part)).toEqual(BYTES);
  });

  it("drops a file whose bytes were altered on the way", async () => {
    const { key } = await served.issue("premium-lifetime");
    const { part, receive } = machine("garage", key);
    proxy.fate = fatesOfBytes("alter");
    await expect(receive()).rejects.toMatchObject({ code: "FILE_ALTERED", detail: expect.stringContaining("SHA-256") });
    await expect(stat(part)).rejects.toThrow("ENOENT");
  });

  it("is the program of the README, with the package as npm installs it", async () => {
    const { key } = await served.issue("premium-lifetime");
    const folder = join(root, "program");
    await installClient(folder);
    const [, example = ""] = /^```ts\n(.*?)^```/ms.exec(await readFile(join(CLIENT, "README.md"), "utf8")) ?? [];
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "install.ts"), example);
    const output = await runIn(
      folder,
      "env",
      `RBEE_CATALOG_URL=${served.url}`,
      `RBEE_LICENSE_KEY=${key}`,
      "node",
      "install.ts",
    );
    const [, worker = ""] = /^(\S+) \S+ is installed\./.exec(output) ?? [];
    expect((await stat(join(folder, worker))).mode & 0o777).toBe(0o755);
    expect(worker).toMatch(/^llm-worker-rbee-/);
  });

  it("has the fingerprint of the command line on the same machine", async () => {
    const own = await machineFingerprint();
    if (own !== null) expect(own).toBe(await fingerprintOfCommand({ XDG_CONFIG_HOME: root }));
  });
});
