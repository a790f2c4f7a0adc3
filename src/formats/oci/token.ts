import type { Asker } from "../../domain/delivery/authorization.ts";
import type { Holder } from "../../domain/licensing/holder.ts";
import { onceResolved } from "../../lib/isolate.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { deriveSealKey, openSealed, sealText } from "../../lib/sealed-text.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { PROBLEMS, type ProblemCode, type Refusal } from "../../platform/http/problem.ts";

/** How long a registry token lasts, in seconds. A client asks for a new one with its credential. */
export const TOKEN_LIFETIME = 300;

/** The start of every registry token, by which it differs from a license key and a license token. */
const PREFIX = "rbee_reg_";

const MAX_LENGTH = 4096;

/**
 * The content of a registry token. `holder` is null for an anonymous client. `provenAt` is when the credential behind
 * it was made: a license token's own time, and for a key the time of sealing. `workers` are the ids of the workers
 * whose repositories it may ask. `unseated` says why the token endpoint gave the machine no seat, for the answer to
 * later requests: podman shows the registry's message, but not the token endpoint's.
 */
export type RegistryToken = {
  issuedAt: UnixSeconds;
  provenAt: UnixSeconds;
  holder: Holder | null;
  workers: readonly string[];
  unseated: Pick<Refusal, "code" | "detail"> | null;
};

type Packed = [
  version: 1,
  issuedAt: number,
  provenAt: number,
  workers: readonly string[],
  holder: [licenseId: string, machine: string, generation: number] | null,
  unseated: [code: string, detail: string] | null,
];

/** The HMAC key of registry tokens, once per isolate. A link's key makes none, and theirs makes no link. */
export const registrySecret = onceResolved((config: Pick<Config, "DOWNLOAD_LINK_SECRET">) =>
  deriveSealKey(config.DOWNLOAD_LINK_SECRET, "rbee registry token"),
);

/** Whether a text claims to be a registry token. */
export const looksLikeRegistryToken = (text: string): boolean => text.startsWith(PREFIX);

/** Seals a token. It reveals no secret of the license: its holder can read all of it. */
export async function sealToken(token: RegistryToken, secret: CryptoKey): Promise<string> {
  const { issuedAt, provenAt, holder, workers, unseated } = token;
  const packed: Packed = [
    1,
    issuedAt,
    provenAt,
    workers,
    holder && [holder.licenseId, holder.machine, holder.generation],
    unseated && [unseated.code, unseated.detail],
  ];
  return PREFIX + (await sealText(JSON.stringify(packed), secret));
}

/** Opens a token that this service sealed up to `TOKEN_LIFETIME` ago. Errors: TOKEN_INVALID, TOKEN_EXPIRED. */
export async function openToken(
  token: string,
  secret: CryptoKey,
  now: UnixSeconds,
): Promise<Result<RegistryToken, Refusal>> {
  const text = await openSealed(token.slice(PREFIX.length), secret, MAX_LENGTH);
  if (text === null) return err({ code: "TOKEN_INVALID", detail: "This service did not make this registry token." });
  const [, issuedAt, provenAt, workers, holder, unseated] = JSON.parse(text) as Packed;
  if (now >= issuedAt + TOKEN_LIFETIME) {
    return err({ code: "TOKEN_EXPIRED", detail: "The registry token has expired. Ask for a new one." });
  }
  return ok({
    issuedAt,
    provenAt,
    workers,
    holder: holder && { licenseId: holder[0], machine: holder[1], generation: holder[2] },
    unseated: unseated && isProblemCode(unseated[0]) ? { code: unseated[0], detail: unseated[1] } : null,
  });
}

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

/**
 * The asker behind a token; null for an anonymous one. A token takes no seat, and does not outlive the seat that its
 * credential was made for.
 */
export const askerOfToken = ({ holder, provenAt }: Pick<RegistryToken, "holder" | "provenAt">): Asker | null =>
  holder && { ...holder, forms: [holder.machine], issuedAt: provenAt, tokenMadeAt: provenAt, mayActivate: false };
