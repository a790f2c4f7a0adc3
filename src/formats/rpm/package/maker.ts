import { sha256 } from "@noble/hashes/sha2.js";
import type { FramedFacts, FramingMaker, RoundSums, Segment } from "../../../domain/releases/framing/framing.ts";
import type { PackageSigner } from "../../../domain/releases/framing/signer.ts";
import { concat, encodeHex } from "../../../lib/encoding.ts";
import { indexOf } from "../index-facts.ts";
import { payloadOf } from "./contents.ts";
import { LARGE_FILE } from "./cpio.ts";
import { binary, encodeHeader, type HeaderEntry, int32, int64, paddingTo, string } from "./header.ts";
import { mainHeader } from "./main-header.ts";
import { archOf, fullVersion, rpmVersion } from "./names.ts";
import { SIGNATURE_TAG, TAG } from "./tags.ts";

/** The bytes of a package before its payload, and the place of the main header in them. */
type Head = { bytes: Uint8Array<ArrayBuffer>; header: { start: number; end: number } };

/**
 * The head of a package (rpm's manual, "format_v4"): the lead, the signature header and the main header. It signs
 * the main header, which has the payload's digest. SHA-1 and MD5 of older rpm are left out.
 */
async function headOf(
  facts: FramedFacts,
  signer: PackageSigner,
  payload: Pick<RoundSums, "size" | "sha256">,
  archiveSize: number,
): Promise<Head> {
  const header = mainHeader(facts, payload.sha256);
  const size = header.length + payload.size;
  const isLarge = size >= LARGE_FILE || archiveSize >= LARGE_FILE;
  const sizes: HeaderEntry[] = isLarge
    ? [
        [SIGNATURE_TAG.LONGSIZE, int64([size])],
        [SIGNATURE_TAG.LONGARCHIVESIZE, int64([archiveSize])],
      ]
    : [
        [SIGNATURE_TAG.SIZE, int32([size])],
        [SIGNATURE_TAG.PAYLOADSIZE, int32([archiveSize])],
      ];
  const signatures = encodeHeader(TAG.HEADERSIGNATURES, [
    [SIGNATURE_TAG.DSA, binary(await signer.signOnce(header, facts.madeAt))],
    [SIGNATURE_TAG.SHA256, string(encodeHex(sha256(header)))],
    ...sizes,
  ]);
  const before = concat(leadOf(facts), signatures, new Uint8Array(paddingTo(8, signatures.length)));
  const bytes = concat(before, header);
  return { bytes, header: { start: before.length, end: bytes.length } };
}

/** The numbers of architectures in a lead (rpm 4.18, rpmrc.in, `arch_canon`). Nothing reads them any more. */
const ARCH_NUMBER = { x86_64: 1, aarch64: 19 } as const;

/** The lead (rpm's manual, "format_lead"): 96 bytes, of which only the magic still counts. */
function leadOf({ worker, version, platform }: FramedFacts): Uint8Array<ArrayBuffer> {
  const lead = new Uint8Array(96);
  lead.set([0xed, 0xab, 0xee, 0xdb, 3]);
  const view = new DataView(lead.buffer);
  view.setUint16(8, ARCH_NUMBER[archOf(platform)]);
  lead.set(new TextEncoder().encode(`${worker.id}-${fullVersion(version)}`.slice(0, 65)), 10);
  view.setUint16(76, 1);
  view.setUint16(78, 5);
  return lead;
}

/** The payload's sums. Throws if its round has not been summed. */
function payloadSums([payload]: readonly RoundSums[]): RoundSums {
  if (!payload) throw new Error("the payload has no sums yet");
  return payload;
}

/** Makes RPM packages. The first round is the payload, whose digest is in the head; the second is the file. */
export const rpmMaker: FramingMaker = {
  filename: ({ worker, version, platform }) => `${worker.id}-${rpmVersion(version)}-1.${archOf(platform)}.rpm`,
  rounds: [
    (facts) => Promise.resolve(payloadOf(facts).segments),
    async (facts, signer, before): Promise<readonly Segment[]> => {
      const { segments, archiveSize } = payloadOf(facts);
      const head = await headOf(facts, signer, payloadSums(before), archiveSize);
      return [head.bytes, ...segments];
    },
  ],
  async index(facts, signer, sums) {
    const { archiveSize } = payloadOf(facts);
    const { header } = await headOf(facts, signer, payloadSums(sums), archiveSize);
    return indexOf(facts, header, archiveSize);
  },
};
