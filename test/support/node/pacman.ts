import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makepkg } from "./makepkg.ts";
import { type Run, runAsUser, workDirectory } from "./ordinary-user.ts";

/** A packager with an OpenPGP key, which lasts until the end of the test file. */
export type Packager = {
  /** Makes `FILE.sig` as makepkg would. */
  sign(file: string): Promise<void>;
  /** The public key, armored. */
  publicKey: string;
  fingerprint: string;
};

/** Makes a packager with a new key. */
export async function newPackager(name: string): Promise<Packager> {
  const home = workDirectory();
  const keyring = join(home, "keyring");
  await succeed(home, ["mkdir", "-m", "700", keyring]);
  const gpg = (...args: string[]) => succeed(home, ["gpg", "--homedir", keyring, "--batch", "--quiet", ...args]);
  await gpg("--passphrase", "", "--quick-generate-key", `${name} <${name}@example.com>`, "ed25519", "sign", "never");
  const listing = await gpg("--with-colons", "--list-keys");
  return {
    sign: async (file) => {
      await gpg("--detach-sign", "--no-armor", "--output", `${file}.sig`, file);
    },
    publicKey: await gpg("--armor", "--export"),
    fingerprint: /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1] ?? "",
  };
}

async function succeed(directory: string, command: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runAsUser(directory, command);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** The output of the program in a package of `buildPackage`. */
export const programOutput = (name: string, version: string): string => `${name} ${version} from a package\n`;

/**
 * Builds a package with makepkg and returns its path. The package is so long that a download can break in the middle.
 */
export async function buildPackage(name: string, version: string, extension: "gz" | "xz" | "zst"): Promise<string> {
  const directory = workDirectory();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  writeFileSync(
    join(directory, "program"),
    `#!/bin/sh\nprintf '${programOutput(name, version).replace("\n", "\\n")}'\n`,
  );
  writeFileSync(join(directory, "noise"), noise);
  writeFileSync(
    join(directory, "PKGBUILD"),
    `pkgname=${name}
pkgver=${version}
pkgrel=1
pkgdesc="A worker of a test"
arch=(x86_64)
license=(GPL-3.0-or-later)
options=(!strip !debug)
source=(program noise)
sha256sums=(SKIP SKIP)
package() {
  install -Dm755 program "$pkgdir/usr/local/bin/$pkgname"
  install -Dm644 noise "$pkgdir/usr/local/share/$pkgname/noise"
}
`,
  );
  const { code, stdout, stderr } = await makepkg(directory, ["--nodeps"], { PKGEXT: `.pkg.tar.${extension}` });
  if (code !== 0) throw new Error(`makepkg: ${stdout}${stderr}`);
  return join(directory, `${name}-${version}-1-x86_64.pkg.tar.${extension}`);
}

/** A machine with pacman. It has its own root, databases, cache and keyring. */
export type ArchMachine = {
  root: string;
  /** The home of pacman's user, with `.netrc`. */
  home: string;
  cache: string;
  /** Runs pacman as a pretended root (fakeroot). */
  pacman(...args: string[]): Promise<Run>;
};

/**
 * Makes a machine that trusts only `packagers`, with `repositories` (name to `Server`) in its pacman.conf. `sigLevel`
 * is for databases and packages, and for files that it is given by name.
 */
export async function newArchMachine(
  packagers: readonly Pick<Packager, "publicKey" | "fingerprint">[],
  repositories: Record<string, string>,
  sigLevel = "Required DatabaseOptional",
): Promise<ArchMachine> {
  const home = workDirectory();
  const at = (name: string): string => join(home, name);
  await succeed(home, ["mkdir", "-p", "-m", "700", at("root/db"), at("cache"), at("keyring")]);
  const gpg = (...args: string[]) => succeed(home, ["gpg", "--homedir", at("keyring"), "--batch", "--quiet", ...args]);
  for (const { publicKey, fingerprint } of packagers) {
    writeFileSync(at("key"), publicKey);
    writeFileSync(at("trust"), `${fingerprint}:6:\n`);
    await gpg("--import", at("key"));
    await gpg("--import-ownertrust", at("trust"));
  }
  const sections = Object.entries(repositories).map(([name, server]) => `[${name}]\nServer = ${server}\n`);
  const options = `[options]\nArchitecture = x86_64\nSigLevel = ${sigLevel}\nLocalFileSigLevel = ${sigLevel}\n`;
  writeFileSync(at("pacman.conf"), [options, ...sections].join("\n"));
  mkdirSync(at("hooks"));
  const places = {
    "--root": "root",
    "--dbpath": "root/db",
    "--cachedir": "cache",
    "--gpgdir": "keyring",
    "--config": "pacman.conf",
    "--logfile": "pacman.log",
    "--hookdir": "hooks",
  };
  const flags = Object.entries(places).flatMap(([flag, place]) => [flag, at(place)]);
  return {
    root: at("root"),
    home,
    cache: at("cache"),
    pacman: (...args) => runAsUser(home, ["fakeroot", "pacman", ...flags, "--noconfirm", ...args]),
  };
}
