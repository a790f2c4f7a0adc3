import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../src/cli/errors.ts";
import { arrangePackageKeys, readPackageKeys } from "../../src/cli/package-keys.ts";
import { formatMinisignPublicKey } from "../../src/lib/minisign/minisign.ts";
import { formatMinisignSecretKey, generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { verifyPackageDelegation } from "../../src/lib/openpgp/package-key.ts";
import { parseCertificates } from "../../src/lib/openpgp/public-key.ts";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const releaseKey = await generateMinisignKey();
let folder = "";
const at = (name: string) => join(folder, name);

/** Makes a key into the file `out`, with more arguments of `keys new --packages`. Returns its fingerprint. */
async function newKey(out: string, ...more: string[]): Promise<string> {
  const args = ["keys", "new", "--packages", "--sign-key", at("release.key"), "--out", at(out), "--json", ...more];
  const { code, stdout, stderr } = await runCli(args, {});
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout).fingerprint;
}

const fingerprints = async (file: string) => (await readPackageKeys(at(file))).map(({ fingerprint }) => fingerprint);
const signers = async (file: string) =>
  (await readPackageKeys(at(file))).map(({ entry }) => entry.secret_key !== undefined);

describe("keys new --packages", () => {
  it("makes a key that the release key vouches for, in a file that only its owner can read", async () => {
    folder = await temporaryFolder();
    await writeFile(at("release.key"), formatMinisignSecretKey(releaseKey));
    const fingerprint = await newKey("one.json", "--user-id", "my packages");
    const [made] = await readPackageKeys(at("one.json"));
    expect((await stat(at("one.json"))).mode & 0o777).toBe(0o600);
    const { public_key, delegation, secret_key } = made?.entry ?? { public_key: "", delegation: "" };
    expect(secret_key).toHaveLength(43);
    expect(await verifyPackageDelegation([releaseKey], public_key, delegation)).toMatchObject({ ok: true });
    expect(await parseCertificates(public_key)).toMatchObject({ ok: true, value: [{ userId: "my packages" }] });
    expect(made?.fingerprint).toBe(fingerprint);
  });

  it("makes no more keys than a catalog takes", async () => {
    folder = await temporaryFolder();
    await writeFile(at("release.key"), formatMinisignSecretKey(releaseKey));
    await newKey("1.json");
    for (const n of [2, 3, 4, 5]) await newKey(`${n}.json`, "--beside", at(`${n - 1}.json`));
    const args = ["--sign-key", at("release.key"), "--beside", at("5.json"), "--out", at("6.json")];
    const { code, stderr } = await runCli(["keys", "new", "--packages", ...args], {});
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining("a catalog takes 5")]);
  });

  it("needs a release key, and makes one kind of key at a time", async () => {
    const bare = await runCli(["keys", "new", "--packages"], {});
    expect([bare.code, bare.stderr]).toEqual([EXIT.usage, expect.stringContaining("Add --sign-key FILE")]);
    const both = await runCli(["keys", "new", "--packages", "--index", "--sign-key", "x"], {});
    expect([both.code, both.stderr]).toEqual([EXIT.usage, expect.stringContaining("Give one of them")]);
  });
});

describe("a rotation of the keys for packages", () => {
  it("adds a key, lets it sign, and retires the old one, by three values of the secret", async () => {
    folder = await temporaryFolder();
    await writeFile(at("release.key"), formatMinisignSecretKey(releaseKey));
    const old = await newKey("1.json");
    const next = await newKey("2.json", "--beside", at("1.json"));
    expect([await fingerprints("2.json"), await signers("2.json")]).toEqual([
      [old, next],
      [true, true],
    ]);
    const arrange = (from: string, to: string, ...more: string[]) =>
      runCli(["keys", "arrange", at(from), "--out", at(to), ...more], {});
    expect((await arrange("2.json", "3.json", "--sign-with", next.toLowerCase())).code).toBe(0);
    expect([await fingerprints("3.json"), await signers("3.json")]).toEqual([
      [next, old],
      [true, true],
    ]);
    const { code, stdout } = await arrange("3.json", "4.json", "--retire", old);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`${old} signs nothing`)]);
    expect([await fingerprints("4.json"), await signers("4.json")]).toEqual([
      [next, old],
      [true, false],
    ]);
    expect((await arrange("4.json", "5.json", "--remove", old)).code).toBe(0);
    expect(await fingerprints("5.json")).toEqual([next]);
    expect((await arrange("4.json", "5.json")).stderr).toContain("exists already");
  });

  it("refuses an unknown key, and a step after which no key signs packages", async () => {
    folder = await temporaryFolder();
    await writeFile(at("release.key"), formatMinisignSecretKey(releaseKey));
    const only = await newKey("1.json");
    const keys = await readPackageKeys(at("1.json"));
    expect(() => arrangePackageKeys(keys, { retire: ["ABCD"], remove: [] })).toThrow("No key has the fingerprint ABCD");
    expect(() => arrangePackageKeys(keys, { retire: [only], remove: [] })).toThrow("must be able to sign packages");
    expect(() => arrangePackageKeys(keys, { retire: [], remove: [only] })).toThrow("must be able to sign packages");
  });

  it("quotes nothing of a file that has no keys", async () => {
    folder = await temporaryFolder();
    await writeFile(at("other"), '[{"secret_key":"hunter2"}]');
    const { code, stderr } = await runCli(["keys", "arrange", at("other"), "--out", at("x")], {});
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining("is not a value of PACKAGE_SIGNING_KEYS")]);
    expect(stderr).not.toContain("hunter2");
  });
});

describe("keys verify", () => {
  const files = new Map<string, string>();
  let url = "";
  let env: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    const server = await serve((request, response) => {
      const text = files.get(request.url ?? "");
      response.writeHead(text === undefined ? 404 : 200).end(text);
    });
    url = server.url;
    return server.close;
  });

  /** Serves these keys; `minisigs` in place of their own signatures. */
  async function published(minisig?: string): Promise<string> {
    folder = await temporaryFolder();
    await writeFile(at("release.key"), formatMinisignSecretKey(releaseKey));
    await writeFile(at("release.pub"), formatMinisignPublicKey(releaseKey));
    await newKey("keys.json");
    const [key] = await readPackageKeys(at("keys.json"));
    if (!key) throw new Error("a key was made");
    files.set("/keys/packages.asc", key.entry.public_key);
    files.set(`/keys/packages/${key.fingerprint}.asc.minisig`, minisig ?? key.entry.delegation);
    env = { XDG_CONFIG_HOME: at("config"), XDG_STATE_HOME: at("state") };
    return key.fingerprint;
  }
  const verify = () =>
    runCli(["keys", "verify", "--url", url, "--release-key", at("release.pub"), "--out", at("rbee.asc")], env);

  it("saves the keys that the release key has signed", async () => {
    const fingerprint = await published();
    expect(await verify()).toMatchObject({ code: 0, stdout: expect.stringContaining(fingerprint) });
    expect(await readFile(at("rbee.asc"), "utf8")).toBe(files.get("/keys/packages.asc"));
  });

  it("saves nothing if one has another signature", async () => {
    await published();
    const other = files.get([...files.keys()].find((name) => name.endsWith(".minisig")) ?? "");
    await published(other);
    const { code, stderr } = await verify();
    expect([code, stderr]).toEqual([EXIT.integrity, expect.stringContaining("not vouched for")]);
    await expect(stat(at("rbee.asc"))).rejects.toThrow();
  });
});
