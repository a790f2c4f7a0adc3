import { createHash, sign } from "node:crypto";
import type { FileKey } from "./test-keys.ts";

/** A key id as minisign prints it. */
const shownId = ({ keyId }: FileKey): string => Buffer.from(keyId.toReversed()).toString("hex").toUpperCase();

/** The text of a `.pub` file: one key, or several. */
export const publicKeyText = (...keys: FileKey[]): string =>
  keys
    .map((key) => {
      const bytes = Buffer.concat([Buffer.from("Ed"), key.keyId, key.publicBytes]);
      return `untrusted comment: minisign public key ${shownId(key)}\n${bytes.toString("base64")}\n`;
    })
    .join("");

/** A signature's parts that a case replaces. `algorithm` `Ed`: the legacy form, over the file itself. */
type Parts = { algorithm?: "ED" | "Ed"; untrusted?: string; showsAs?: FileKey; shownComment?: string };

/** The text of the `.minisig` by `key` over a text, as minisign 0.11 makes it. */
export function minisig(key: FileKey, text: string, comment: string, parts: Parts = {}): string {
  const { algorithm = "ED", untrusted = "signature of a test key", showsAs = key, shownComment = comment } = parts;
  const message = algorithm === "Ed" ? Buffer.from(text) : createHash("blake2b512").update(text).digest();
  const signature = sign(null, message, key.privateKey);
  const global = sign(null, Buffer.concat([signature, Buffer.from(comment)]), key.privateKey);
  return [
    `untrusted comment: ${untrusted}`,
    Buffer.concat([Buffer.from(algorithm), showsAs.keyId, signature]).toString("base64"),
    `trusted comment: ${shownComment}`,
    global.toString("base64"),
    "",
  ].join("\n");
}
