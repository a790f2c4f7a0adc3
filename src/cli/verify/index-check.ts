import { indexComment, ReleaseIndex } from "../../domain/delivery/release-index.ts";
import { attributeMinisign, type MinisignPublicKey, parseMinisignSignature } from "../../lib/minisign/minisign.ts";
import { verifyText } from "../../lib/minisign/text.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { fromRfc3339, type UnixSeconds } from "../../lib/time.ts";

/**
 * Why an index is not believed. `unsettled`: right after a release, a server may go on with what it knew, for the index, its signature
 * or both, so asking again may help.
 */
export type IndexFault = { kind: "unsettled" | "refused"; reason: string };

/**
 * Whether an index may be believed at `now`: signed by `key`, of this worker, not expired, and no older than the serial that was
 * seen before (0: none). Whoever serves it can do no more than hold newer ones back until this one expires.
 */
export async function checkReleaseIndex(
  { text, minisig }: { text: string; minisig: string },
  key: MinisignPublicKey,
  { workerId, seenSerial, now }: { workerId: string; seenSerial: number; now: UnixSeconds },
): Promise<Result<ReleaseIndex, IndexFault>> {
  const refuse = (reason: string, kind: IndexFault["kind"] = "refused") => err({ kind, reason });
  const index = parseIndex(text);
  const verified = await verifyText([key], text, minisig);
  if (!verified.ok) {
    const torn = index !== null && (await isOfAnother(index, minisig, key));
    return torn ? refuse("its signature is of another moment.", "unsettled") : refuse(verified.error);
  }
  if (index === null) return refuse("it is signed, but is no index that this command understands.");
  if (index.worker_id !== workerId) return refuse(`it is the index of ${index.worker_id}.`);
  if (fromRfc3339(index.expires_at) <= now) {
    return refuse(`it expired at ${index.expires_at}: newer ones are held back, or this machine's clock is wrong.`);
  }
  if (index.serial < seenSerial) {
    return refuse(
      `it is older (serial ${index.serial}) than one that this machine has seen (${seenSerial}). ` +
        "If there was a release just now, try again in two minutes; else newer ones are held back.",
      "unsettled",
    );
  }
  return ok(index);
}

/** Whether a genuine trusted comment names another index than the text is. */
async function isOfAnother(index: ReleaseIndex, minisig: string, key: MinisignPublicKey): Promise<boolean> {
  const signature = parseMinisignSignature(minisig);
  if (!signature.ok || !(await attributeMinisign([key], signature.value)).ok) return false;
  return signature.value.trustedComment !== indexComment(index);
}

function parseIndex(text: string): ReleaseIndex | null {
  try {
    return ReleaseIndex.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
