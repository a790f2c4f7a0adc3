import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import * as z from "zod";
import { newIndexSigningKey } from "../../lib/minisign/index-key.ts";
import { showKeyId } from "../../lib/minisign/minisign.ts";
import { formatMinisignSecretKey, generateMinisignKey, type MinisignSecretKey } from "../../lib/minisign/secret-key.ts";
import { MOST_KEYS, newPackageSigningKey } from "../../lib/openpgp/package-key.ts";
import { currentTime } from "../../lib/time.ts";
import { CHECKOUT } from "../checkout.ts";
import type { CatalogCommand, Context } from "../command.ts";
import { CliError, EXIT } from "../errors.ts";
import { createPrivateFile, readTextIfThere } from "../files.ts";
import { formatPackageKeys, readPackageKeys } from "../package-keys.ts";
import * as signing from "../signing-keys.ts";
import { addPackageKeysCommands } from "./package-keys.ts";

/** The checkout's folder of public keys; without a checkout, `keys` in the current folder. */
const KEYS = join(CHECKOUT ?? "", "keys/");

type KeysOptions = { out?: string; keysDir: string };
type NewKeyOptions = KeysOptions & {
  release?: true;
  index?: true;
  packages?: true;
  signKey?: string;
  beside?: string;
  userId: string;
};

/** Adds `keys`, the commands for the keys that sign licenses, releases, indexes and packages. */
export function addKeysCommands(program: CatalogCommand): void {
  const keys = program
    .command("keys")
    .description("Makes and rotates signing keys. keys/README.md in the project says when to make which key.");

  keys
    .command("new")
    .summary(
      "make the first license signing key, or one for releases (--release), indexes (--index) or packages (--packages)",
    )
    .option("--release", "a minisign key for releases; its public half is added to keys/release-signing.pub")
    .option("--index", "the key that signs indexes of releases; needs --sign-key")
    .option("--packages", "an OpenPGP key that signs packages and their repositories; needs --sign-key")
    .option("--sign-key <file>", "the release key that vouches for the new key, a minisign key without a password")
    .option("--beside <file>", "with --packages: the keys of today, which the new one is added to for an overlap")
    .option("--user-id <text>", "with --packages: the name that package managers show", "rbee package signing key")
    .option("-o, --out <file>", "the file for the private key, which must not exist")
    .option("--keys-dir <folder>", "the folder of public keys", KEYS)
    .run(async (context, options: NewKeyOptions) => {
      if ([options.release, options.index, options.packages].filter(Boolean).length > 1) {
        throw new CliError(EXIT.usage, "--release, --index and --packages make different keys. Give one of them.");
      }
      if (options.release) return newReleaseKey(context, options);
      if (options.index) return newIndexKey(context, options);
      if (options.packages) return newPackageKey(context, options);
      return newLicenseKey(context, options);
    });

  keys
    .command("rotate")
    .summary("make the next license signing key, with an overlap in which both verify")
    .description(
      "Makes the next license signing key. The current key, fetched from the live catalog, verifies tokens for 31 days more: " +
        "the longest offline lease plus a day. keys/license-signing.jwks.json gets both keys, the current one with that end.",
    )
    .option("-o, --out <file>", "the file for the private key, which must not exist", "license-signing.secret.jwk")
    .option("--keys-dir <folder>", "the folder of public keys", KEYS)
    .addHelpText("after", "\nExample:\n  $ rbee-catalog keys rotate --url https://catalog.rbee.dev")
    .run(async (context, options: KeysOptions & { out: string }) => {
      const live = signing.parseKeySet(await context.client.json(z.unknown(), { path: "/.well-known/jwks.json" }));
      const publicFile = join(options.keysDir, "license-signing.jwks.json");
      const onFile = signing.parseKeySet(JSON.parse((await readTextIfThere(publicFile)) ?? '{"keys": []}'));
      const next = await signing.newLicenseSigningKey();
      await createPrivateFile(options.out, `${JSON.stringify(next.privateJwk)}\n`);
      const rotated = signing.rotateKeySet(live, onFile, next.publicJwk, currentTime());
      await writeFile(publicFile, signing.formatKeySet(rotated));
      context.show({ kid: next.publicJwk.kid, secret_key: options.out, public_keys: publicFile }, () =>
        steps(`license signing key ${next.publicJwk.kid}`, [
          `Commit ${relative(process.cwd(), publicFile)} and deploy: the new key verifies, the old one still signs.`,
          "Wait an hour, because hives may cache /.well-known/jwks.json that long.",
          `Within the day: npx wrangler secret put LICENSE_SIGNING_KEY < ${options.out}`,
          `Delete ${options.out}. After 31 days the old key's tokens have expired, and it is dropped by itself.`,
        ]),
      );
    });

  addPackageKeysCommands(keys);
}

async function newLicenseKey(context: Context, options: KeysOptions): Promise<void> {
  const out = options.out ?? "license-signing.secret.jwk";
  const { privateJwk } = await signing.newLicenseSigningKey();
  await createPrivateFile(out, `${JSON.stringify(privateJwk)}\n`);
  context.show({ kid: privateJwk.kid, secret_key: out }, () =>
    steps(`license signing key ${privateJwk.kid}`, [
      `npx wrangler secret put LICENSE_SIGNING_KEY < ${out}`,
      `Delete ${out}, or keep it in your secret store.`,
      "Do nothing for the public half: the catalog publishes it at /.well-known/jwks.json.",
    ]),
  );
}

async function newReleaseKey(context: Context, options: KeysOptions): Promise<void> {
  const out = options.out ?? "release-signing.secret.key";
  const key = await generateMinisignKey();
  const publicFile = join(options.keysDir, "release-signing.pub");
  await createPrivateFile(out, formatMinisignSecretKey(key));
  await writeFile(publicFile, signing.addReleaseKey((await readTextIfThere(publicFile)) ?? "", key));
  context.show({ key_id: showKeyId(key.keyId), secret_key: out, public_key: publicFile }, () =>
    steps(`minisign key ${showKeyId(key.keyId)}`, [
      `Commit ${relative(process.cwd(), publicFile)} and deploy. After that, its signatures are accepted.`,
      `Publish with: rbee-catalog release publish ... --sign-key ${out}`,
      `Keep ${out} readable for publishers only, and a copy offline.`,
    ]),
  );
}

async function newIndexKey(context: Context, options: NewKeyOptions): Promise<void> {
  const releaseKey = await readReleaseKey(options, "An index signing key");
  const out = options.out ?? "index-signing.secret.json";
  const { keyId, secret } = await newIndexSigningKey(releaseKey, currentTime());
  await createPrivateFile(out, `${secret}\n`);
  const shown = { key_id: showKeyId(keyId), secret_key: out, vouched_for_by: showKeyId(releaseKey.keyId) };
  context.show(shown, ({ key_id, vouched_for_by }) =>
    steps(`index signing key ${key_id}, vouched for by the release key ${vouched_for_by}`, [
      `npx wrangler secret put INDEX_SIGNING_KEY < ${out}`,
      `Delete ${out}. If you need a key again, make a new one.`,
      "Do nothing for the public half: the catalog serves it, signed by the release key, at /keys/index-signing.pub.",
    ]),
  );
}

async function newPackageKey(context: Context, options: NewKeyOptions): Promise<void> {
  const releaseKey = await readReleaseKey(options, "A package signing key");
  const out = options.out ?? "package-signing.secret.json";
  const others = options.beside === undefined ? [] : await readPackageKeys(options.beside);
  if (others.length >= MOST_KEYS) {
    throw new CliError(
      EXIT.usage,
      `${options.beside} has ${others.length} keys, and a catalog takes ${MOST_KEYS}. Remove a retired one first: rbee-catalog keys arrange.`,
    );
  }
  const made = await newPackageSigningKey(releaseKey, options.userId, currentTime());
  await createPrivateFile(out, formatPackageKeys([...others, made]));
  const shown = { fingerprint: made.fingerprint, secret_key: out, vouched_for_by: showKeyId(releaseKey.keyId) };
  const next =
    others.length === 0
      ? `Keep ${out} in your secret store: the next rotation needs it, and Cloudflare never shows it again.`
      : "Both keys sign metadata from now on. Let clients fetch /keys/packages.asc before you run keys arrange.";
  context.show(shown, ({ fingerprint, vouched_for_by }) =>
    steps(`package signing key ${fingerprint}, vouched for by the release key ${vouched_for_by}`, [
      `npx wrangler secret put PACKAGE_SIGNING_KEYS < ${out}`,
      next,
    ]),
  );
}

/** The release key of `--sign-key`. Throws `CliError` without it; `made` names the key that needs it. */
async function readReleaseKey({ signKey }: NewKeyOptions, made: string): Promise<MinisignSecretKey> {
  if (signKey !== undefined) return signing.readSecretKey(signKey);
  throw new CliError(EXIT.usage, `${made} needs a release key that vouches for it. Add --sign-key FILE.`);
}

const steps = (made: string, lines: string[]): string =>
  [`Made ${made}. Now, in this order:`, ...lines.map((line, index) => `  ${index + 1}. ${line}`)].join("\n");
