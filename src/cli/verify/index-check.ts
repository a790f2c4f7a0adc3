import { attributeMinisign, type MinisignPublicKey, parseMinisignSignature } from "../../releases/minisign.ts";
import { verifyText } from "../../releases/minisign-text.ts";
import { indexComment, ReleaseIndex } from "../../releases/release-index.ts";
import { err, ok, type Result } from "../../result.ts";
import { fromRfc3339, type UnixSeconds } from "../../time.ts";

/** Why an index is not believed. `torn`: it and the signature beside it are of different moments, and asking again may help. */
export type IndexFault = { kind: "torn" | "refused"; reason: string };

/**
 * Whether an index may be believed at `now`: signed by `key`, of this worker, not expired, and no older than the serial that was
 * seen before (0: none). Whoever serves it can do no more than hold newer ones back until this one expires.
 */
export async function checkReleaseIndex(
  { text, minisig }: { text: string; minisig: string },
  key: MinisignPublicKey,
  { workerId, seenSerial, now }: { workerId: string; seenSerial: number; now: UnixSeconds },
): Promise<Result<ReleaseIndex, IndexFault>> {
  const refuse = (reason: string) => err({ kind: "refused" as const, reason });
  const index = parseIndex(text);
  const verified = await verifyText([key], text, minisig);
  if (!verified.ok) {
    const torn = index !== null && (await isOfAnother(index, minisig, key));
    return torn ? err({ kind: "torn", reason: "its signature is of another moment." }) : refuse(verified.error);
  }
  if (index === null) return refuse("it is signed, but is no index that this command understands.");
  if (index.worker_id !== workerId) return refuse(`it is the index of ${index.worker_id}.`);
  if (fromRfc3339(index.expires_at) <= now) {
    return refuse(`it expired at ${index.expires_at}: newer ones are held back, or this machine's clock is wrong.`);
  }
  if (index.serial < seenSerial) {
    return refuse(`it is older (serial ${index.serial}) than one that this machine has seen (${seenSerial}).`);
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
