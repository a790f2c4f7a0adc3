import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { concat } from "../../src/lib/encoding.ts";
import { hashOf } from "../../src/lib/hash/stream-hash.ts";
import { armorSignatures } from "../../src/lib/openpgp/armor.ts";
import { clearsigned } from "../../src/lib/openpgp/cleartext.ts";
import { armorCertificates, type OpenPgpCertificate, showFingerprint } from "../../src/lib/openpgp/public-key.ts";
import {
  generateOpenPgpKey,
  type OpenPgpSigningKey,
  SIGNATURE_TYPE,
  signaturePacket,
  signData,
  signingKey,
} from "../../src/lib/openpgp/signature.ts";
import { installed } from "../support/node/installed.ts";
import { workDirectory } from "../support/node/ordinary-user.ts";

/** 2026-01-01, in the past of every machine that runs this. */
const MADE = 1_767_225_600;
const SIGNED = MADE + 3600;

/** The size of a signature packet of ours in bytes if neither of its numbers begins with a zero byte. */
const LONGEST = 119;

type Pair = { certificate: OpenPgpCertificate; key: OpenPgpSigningKey };

async function newPair(userId: string): Promise<Pair> {
  const { certificate, seed } = await generateOpenPgpKey(userId, MADE);
  return { certificate, key: await signingKey(certificate, seed) };
}

let folder = "";
let first: Pair;
let second: Pair;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = workDirectory();
  // gpg warns about a home that others may read.
  mkdirSync(at("home"), { mode: 0o700 });
  first = await newPair("rbee package signing key");
  second = await newPair("Grüße <packages@example.org>");
  writeFileSync(at("first.asc"), armorCertificates([first.certificate]));
  writeFileSync(at("both.asc"), armorCertificates([first.certificate, second.certificate]));
  writeFileSync(at("first.gpg"), first.certificate.packets);
  writeFileSync(at("both.gpg"), concat(first.certificate.packets, second.certificate.packets));
});

/** Runs a program in the folder, and returns its status and everything it printed. */
function run(program: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], GNUPGHOME: at("home"), LC_ALL: "C.UTF-8" },
  });
  return { status, output: stdout + stderr };
}

/** A detached signature of `data` by `keys`, as the file `name`. */
async function detached(name: string, data: Uint8Array, ...keys: Pair[]): Promise<void> {
  const purpose = { type: SIGNATURE_TYPE.binary, at: SIGNED };
  const packets = await Promise.all(keys.map(({ key }) => signData(key, purpose, data)));
  writeFileSync(at(name), concat(...packets));
  writeFileSync(at(`${name}.asc`), armorSignatures(packets));
}

const gpg = (...args: string[]) => run("gpg", "--batch", "--no-autostart", "--trust-model", "always", ...args);
const gpgv = (keyring: string, ...args: string[]) => run("gpgv", "--status-fd", "1", "--keyring", at(keyring), ...args);

describe.skipIf(!installed("gpg", "gpgv"))("beside the real gpg", () => {
  it("our keys are imported with their fingerprint, name and use, and without a warning", () => {
    expect(gpg("--import", "both.asc")).toMatchObject({ status: 0 });
    const { output } = gpg("--with-colons", "--check-signatures");
    for (const { certificate } of [first, second]) {
      expect(output).toContain(`fpr:::::::::${showFingerprint(certificate)}:`);
      expect(output).toContain(`:${certificate.userId}:`);
    }
    // Field 12 of `pub`: sign and certify. A good self-signature has `!`.
    expect(output.match(/^pub:.*:scSC:/gm)).toHaveLength(2);
    expect(output.match(/^sig:!:.*:13x:/gm)).toHaveLength(2);
  });

  it("gpg exports a key exactly as we made it", () => {
    gpg("--import", "first.asc");
    gpg("--output", "exported.gpg", "--export", showFingerprint(first.certificate));
    expect(new Uint8Array(readFileSync(at("exported.gpg")))).toEqual(first.certificate.packets);
  });

  it("gpgv accepts a detached signature, binary and armored, by one key and by two", async () => {
    const data = crypto.getRandomValues(new Uint8Array(5000));
    writeFileSync(at("data"), data);
    await detached("one.sig", data, first);
    await detached("two.sig", data, first, second);
    for (const [keyring, signature] of [
      ["first.gpg", "one.sig"],
      ["both.gpg", "one.sig.asc"],
      ["both.gpg", "two.sig"],
      ["both.gpg", "two.sig.asc"],
    ] as const) {
      const { status, output } = gpgv(keyring, signature, "data");
      expect([status, output]).toEqual([0, expect.stringContaining("VALIDSIG")]);
    }
    expect(gpgv("both.gpg", "two.sig", "data").output.match(/VALIDSIG/g)).toHaveLength(2);
    // A client that does not have the new key yet: apt takes one good signature, and skips an unknown key.
    const early = gpgv("first.gpg", "two.sig", "data").output;
    expect([early.match(/VALIDSIG/g)?.length, early.match(/NO_PUBKEY/g)?.length]).toEqual([1, 1]);
    // The time and type of the signature, and the fingerprint of its key.
    expect(gpgv("first.gpg", "one.sig", "data").output).toContain(
      `VALIDSIG ${showFingerprint(first.certificate)} 2026-01-01 ${SIGNED} 0 4 0 22 8 00`,
    );
  });

  it("gpgv accepts numbers with leading zeros in a signature", async () => {
    // One signature in 128 has one.
    for (let index = 0, found = 0; found < 3; index++) {
      const data = new TextEncoder().encode(`data ${index}`);
      const packet = await signData(first.key, { type: SIGNATURE_TYPE.binary, at: SIGNED }, data);
      if (packet.length === LONGEST) continue;
      found += 1;
      writeFileSync(at("short"), data);
      writeFileSync(at("short.sig"), packet);
      expect(gpgv("first.gpg", "short.sig", "short").status).toBe(0);
    }
  });

  it("gpgv accepts a signature over data that was hashed elsewhere", async () => {
    const data = crypto.getRandomValues(new Uint8Array(60_000));
    writeFileSync(at("hashed"), data);
    const packet = await signaturePacket(first.key, { type: SIGNATURE_TYPE.binary, at: SIGNED }, (trailer) =>
      hashOf("sha256", concat(data, trailer)),
    );
    writeFileSync(at("hashed.sig"), packet);
    expect(gpgv("first.gpg", "hashed.sig", "hashed").status).toBe(0);
  });

  it("gpgv accepts a signature over something that is older than the key", async () => {
    const data = new TextEncoder().encode("a list of the day on which the key was made");
    writeFileSync(at("old"), data);
    writeFileSync(at("old.sig"), await signData(first.key, { type: SIGNATURE_TYPE.binary, at: MADE - 86_400 }, data));
    expect(gpgv("first.gpg", "old.sig", "old").status).toBe(0);
  });

  it("gpgv refuses an altered file, an altered signature and an unknown key", async () => {
    const data = new TextEncoder().encode("data");
    await detached("good.sig", data, second);
    writeFileSync(at("altered"), "Data");
    writeFileSync(at("unaltered"), data);
    const signature = readFileSync(at("good.sig"));
    // The creation time, which is signed.
    signature[36] = (signature[36] ?? 0) ^ 1;
    writeFileSync(at("altered.sig"), signature);
    expect(gpgv("both.gpg", "good.sig", "altered").output).toContain("BADSIG");
    expect(gpgv("both.gpg", "altered.sig", "unaltered").status).not.toBe(0);
    expect(gpgv("first.gpg", "good.sig", "unaltered").output).toContain("NO_PUBKEY");
    expect(gpgv("both.gpg", "good.sig", "unaltered").status).toBe(0);
  });

  it.each([
    ["a plain text", "Origin: rbee\nSuite: stable\n"],
    ["dashes", "- one\n-----BEGIN PGP SIGNATURE-----\n--\n"],
    ["blanks at the ends of lines", "one  \ntwo\t\n \n\nthree \t \n"],
    ["no line break at the end", "one\ntwo"],
    ["empty lines at the end", "one\n\n\n"],
    ["an empty text", ""],
    ["line breaks of Windows", "one\r\ntwo\r\n"],
    ["letters beyond ASCII", "Grüße, 世界\n"],
  ])("gpgv and gpg accept a cleartext signed message with %s", async (_case, text) => {
    writeFileSync(at("message"), await clearsigned([first.key, second.key], text, SIGNED));
    const { status, output } = gpgv("both.gpg", "message");
    expect([status, output.match(/VALIDSIG/g)?.length]).toEqual([0, 2]);
    gpg("--import", "both.asc");
    const shown = run(
      "gpg",
      "--batch",
      "--no-autostart",
      "--quiet",
      "--yes",
      "--output",
      "shown",
      "--decrypt",
      "message",
    );
    expect(shown.status).toBe(0);
    const withoutBlanks = text.replaceAll(/[ \t\r]+$/gm, "");
    expect(readFileSync(at("shown"), "utf8").trimEnd()).toBe(withoutBlanks.trimEnd());
  });

  it("gpgv refuses a cleartext signed message with one altered letter", async () => {
    const message = await clearsigned([first.key], "Origin: rbee\nSuite: stable\n", SIGNED);
    writeFileSync(at("message"), message.replace("Suite: stable", "Suite: stible"));
    expect(gpgv("both.gpg", "message").output).toContain("BADSIG");
  });
});

describe.skipIf(!installed("sq"))("beside Sequoia's sq", () => {
  it("it accepts our keys, a detached signature and a cleartext signed message", async () => {
    const data = new TextEncoder().encode("data\n");
    writeFileSync(at("sq-data"), data);
    await detached("sq.sig", data, first);
    writeFileSync(at("sq-message"), await clearsigned([first.key], "- one\ntwo \n", SIGNED));
    expect(run("sq", "inspect", "first.asc").output).toContain(showFingerprint(first.certificate));
    expect(run("sq", "verify", "--signer-cert", "first.asc", "--detached", "sq.sig", "sq-data")).toMatchObject({
      status: 0,
    });
    expect(run("sq", "verify", "--signer-cert", "first.asc", "sq-message")).toMatchObject({ status: 0 });
  });
});

describe.skipIf(!installed("rpmkeys"))("beside rpm", () => {
  it("it imports both keys of one block", () => {
    const imported = run("rpmkeys", "--define", `_dbpath ${at("rpm")}`, "--import", "both.asc");
    expect(imported).toMatchObject({ status: 0 });
    const listed = run("rpm", "--define", `_dbpath ${at("rpm")}`, "-qa", "gpg-pubkey*").output;
    const ids = [first, second].map(({ certificate }) => showFingerprint(certificate).slice(-8).toLowerCase());
    for (const id of ids) expect(listed).toContain(`gpg-pubkey-${id}-`);
  });
});
