import keyFile from "../../../../keys/release-signing.pub";
import { verifyIndexDelegation } from "../../../lib/minisign/index-key.ts";
import { formatMinisignPublicKey, parseMinisignPublicKeys } from "../../../lib/minisign/minisign.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import { type Config, ConfigError } from "../../../platform/config/config.ts";
import { needsRenewal, type Scope } from "../../../platform/config/scopes.ts";
import { actorIdOf, readActVolumes, unusualVolumes } from "../../../platform/identity/act-volume.ts";
import { countOwners, countUndivided } from "../../../platform/identity/admin-token.ts";
import { licensingSecrets } from "../../licensing/secrets.ts";
import { publishedKeys } from "../../licensing/token/signing-keys.ts";
import { signaturePolicy } from "../../releases/artifact/check.ts";
import { packageSigner } from "../../releases/framing/package-signer.ts";
import { checkAddress, checkConfiguration, checkEnvironment } from "../check/configuration.ts";
import {
  checkActs,
  checkIndexKey,
  checkOwner,
  checkPackageKeys,
  checkReleaseKeys,
  checkScopes,
  checkSignedNames,
  checkTokenKey,
  PublishedFile,
} from "../check/key.ts";
import { checkSecrets, isSecretName, SECRETS, type SecretName } from "../check/secret.ts";
import type { Examination } from "../scope.ts";

/** The secrets as they are set, before they are parsed. */
export const secretValues = (env: object): Record<SecretName, string> => {
  const values = Object.fromEntries(SECRETS.map((name) => [name, ""])) as Record<SecretName, string>;
  for (const [name, value] of Object.entries(env)) {
    if (isSecretName(name) && typeof value === "string") values[name] = value;
  }
  return values;
};

const configuration: Examination = {
  checks: ["configuration", "secret", "environment"],
  look: async ({ env, config, asked }) => [
    // The Worker has parsed it, so it is valid.
    ...checkConfiguration([]),
    ...checkSecrets({ values: secretValues(env), delivery: config.DELIVERY }),
    checkEnvironment(config),
    ...(asked === null ? [] : [checkAddress(asked, config)]),
  ],
};

const releaseKeys: Examination = {
  checks: ["release-keys", "index-key", "package-keys"],
  async look({ config }) {
    const { keys, required, bound = false } = signaturePolicy(config);
    const file = parseMinisignPublicKeys(keyFile);
    const own = file.ok ? file.value.length : 0;
    const { secret_key, delegation } = config.INDEX_SIGNING_KEY;
    return [
      checkReleaseKeys({
        required,
        bound,
        own,
        added: keys.length - own,
        isProduction: config.ENVIRONMENT === "production",
      }),
      checkIndexKey(await verifyIndexDelegation(keys, formatMinisignPublicKey(secret_key), delegation)),
      checkPackageKeys(await packageKeysOf(config)),
    ];
  },
};

/** The fingerprints of the package keys, or the sentence why they sign nothing. */
async function packageKeysOf(config: Config): Promise<Result<string[], string>> {
  try {
    return ok((await packageSigner(config)).keys.map(({ fingerprint }) => fingerprint));
  } catch (error) {
    if (error instanceof ConfigError) return err(error.faults.map(({ message }) => message).join(" "));
    throw error;
  }
}

/** The number of published files that one examination reads, from the newest on. */
const FILES_READ = 500;

const signedNames: Examination = {
  checks: ["signed-names"],
  async look({ env, config }) {
    const { results } = await env.DB.prepare(
      `SELECT filename, worker_id, version, iif(is_source, 'any', platform) AS platform, channel, signature FROM artifacts
       JOIN releases ON releases.id = release_id WHERE status IN ('published', 'yanked') ORDER BY artifacts.id DESC LIMIT ?`,
    )
      .bind(FILES_READ)
      .all();
    return [
      checkSignedNames(
        results.map((row) => PublishedFile.parse(row)),
        signaturePolicy(config),
      ),
    ];
  },
};

/** The text that the check of the token key signs. No token has this form. */
const SAMPLE = new TextEncoder().encode("rbee-catalog doctor");

const tokenKey: Examination = {
  checks: ["token-key"],
  async look({ config, now }) {
    const { keyring } = await licensingSecrets(config);
    const { kid, key } = keyring.signing;
    const signature = await crypto.subtle.sign("Ed25519", key, SAMPLE);
    const verifier = keyring.verification.get(kid);
    return [
      checkTokenKey({
        kid,
        isPublished: publishedKeys(keyring, now).some((published) => published.kid === kid),
        verifies: verifier !== undefined && (await crypto.subtle.verify("Ed25519", verifier.key, signature, SAMPLE)),
      }),
    ];
  },
};

const owners: Examination = {
  checks: ["owner", "scopes"],
  async look({ env, config, now }) {
    const people = config.ACCESS_TEAM_DOMAIN === "" ? [] : Object.values(config.ACCESS_SCOPES);
    const named = people.filter((scopes) => scopes.includes("owner")).length;
    const isOld = (scopes: readonly Scope[]) => needsRenewal(scopes, config.ACCESS_SCOPES_VERSION);
    const old = config.ACCESS_TEAM_DOMAIN === "" ? [] : Object.entries(config.ACCESS_SCOPES);
    return [
      checkOwner(await countOwners(env.DB, now), named),
      ...checkScopes(
        await countUndivided(env.DB, now),
        old.filter(([, scopes]) => isOld(scopes)).map(([name]) => name),
      ),
    ];
  },
};

const acts: Examination = {
  checks: ["admin-acts"],
  async look({ env, config, now }) {
    const unusual = unusualVolumes(await readActVolumes(env.DB, now), config.ACT_LIMITS);
    return checkActs(await Promise.all(unusual.map(async (one) => ({ ...one, actor: await actorIdOf(one.actor) }))));
  },
};

/** The checks of the configuration, the secrets, the keys and the admins. */
export const KEY_EXAMINATIONS: readonly Examination[] = [
  configuration,
  releaseKeys,
  signedNames,
  tokenKey,
  owners,
  acts,
];
