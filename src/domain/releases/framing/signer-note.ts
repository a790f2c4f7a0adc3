import type { PackageSigner } from "./signer.ts";

/** The signer, and the fingerprint of its first key once it has signed something; null before. */
export function notedSigner(signer: PackageSigner): { signer: PackageSigner; signedBy(): string | null } {
  let hasSigned = false;
  const noted =
    <Args extends unknown[], Signed>(sign: (...args: Args) => Signed) =>
    (...args: Args): Signed => {
      hasSigned = true;
      return sign(...args);
    };
  return {
    signer: {
      ...signer,
      sign: noted((...args) => signer.sign(...args)),
      signArmored: noted((...args) => signer.signArmored(...args)),
      clearsign: noted((...args) => signer.clearsign(...args)),
      signOnce: noted((...args) => signer.signOnce(...args)),
      signHashed: noted((...args) => signer.signHashed(...args)),
    },
    signedBy: () => (hasSigned ? (signer.keys[0]?.fingerprint ?? null) : null),
  };
}

/** A signer without keys, whose functions throw `error`. */
export function missingSigner(error: unknown): PackageSigner {
  const refuse = () => Promise.reject(error instanceof Error ? error : new Error(String(error)));
  return {
    ...{ keys: [], keyring: new Uint8Array(), armoredKeyring: "" },
    ...{ sign: refuse, signArmored: refuse, clearsign: refuse, signOnce: refuse, signHashed: refuse },
  };
}
