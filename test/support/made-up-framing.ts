import type { Framer } from "../../src/domain/releases/framing/framer.ts";
import type { FramedFacts, Framing, Segment } from "../../src/domain/releases/framing/framing.ts";
import type { PackageSigner } from "../../src/domain/releases/framing/signer.ts";

const bytes = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

/** The signer of tests: its "signature" is its key's fingerprint and the length of the data. */
export const testSigner = (fingerprint = "A".repeat(40)): PackageSigner => {
  const sign = async (data: Uint8Array) => bytes(`${fingerprint}:${data.length}`);
  return {
    keys: [{ fingerprint, armored: "armored", delegation: "delegation" }],
    keyring: new Uint8Array([1]),
    armoredKeyring: "armored",
    sign,
    signOnce: sign,
    signArmored: async (data) => new TextDecoder().decode(await sign(data)),
    clearsign: async (text) => text,
    signHashed: async (sha256With) => sha256With(bytes(fingerprint)),
  };
};

const head = ({ worker, version, documents }: FramedFacts): Uint8Array<ArrayBuffer> =>
  bytes(`${worker.id} ${version} ${Object.keys(documents).join(" ")}\n${documents["PROVENANCE"]}`);

/** A format of one round: a head, the program and a tail. */
export const plainFraming: Framing = {
  name: "plain",
  architectures: { amd64: "linux-x86_64", arm64: "linux-aarch64" },
  load: async () => ({
    filename: ({ worker, version, platform }) => `${worker.id}_${version}_${platform}.plain`,
    rounds: [async (facts) => facts.binary.enclose(head(facts), bytes("tail"))],
    index: async (facts, _signer, [whole]) => ({ summary: facts.worker.summary, sum: whole?.sha256 ?? null }),
  }),
};

/** A format of two rounds: its head has the sum of the first round, and a signature over it. */
export const signedFraming: Framing = {
  name: "signed",
  architectures: { x86_64: "linux-x86_64" },
  load: async () => ({
    filename: ({ worker, version }) => `${worker.id}-${version}.signed`,
    rounds: [
      async ({ binary }) => binary.enclose(bytes("payload:"), bytes("")),
      async (facts, signer, [payload]) => {
        const stated = bytes(`sha256 ${payload?.sha256} of ${payload?.size}\n`);
        const segments: Segment[] = [stated, await signer.signOnce(stated, facts.madeAt), bytes("payload:")];
        return [...segments, ...facts.binary.enclose(bytes(""), bytes("end"))];
      },
    ],
    index: async (facts, signer, sums) => ({
      rounds: sums.map(({ size, sha256 }) => ({ size, sha256 })),
      signature: sums[1] ? [...(await signer.signHashed(sums[1].sha256With, facts.madeAt))] : [],
    }),
  }),
};

/** A framer of these framings, with the signer of tests. */
export const testFramer = (...framings: Framing[]): Framer => ({
  framings,
  signer: () => testSigner(),
  publishing: async () => ({
    origin: "https://catalog.test",
    seller: { name: "Seller", address: "", vatNumber: null, support: "help@example.com", documents: NO_DOCUMENTS },
    freeLicense: "the license",
  }),
});

const NO_DOCUMENTS = { terms: null, privacy: null, refunds: null, imprint: null };
