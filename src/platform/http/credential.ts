import { cleanSecret } from "../../lib/credential.ts";
import { decodeBase64 } from "../../lib/encoding.ts";

/** The secret of a request, and the machines that Basic's user and the `Rbee-Machine` header name: up to two. */
export type Credential = { secret: string; machines: string[] };

/** A scheme, and the rest after white space (RFC 9110, section 11.4). */
const FORM = /^(\S+)(?:\s+(.*))?$/s;

/**
 * The credential of a request: `Bearer <secret>`, or Basic with the machine as user and the secret as password (RFC
 * 7617). The secret is clean (`cleanSecret`). Null if the request has none or an empty one. A malformed Basic yields a
 * secret that no check accepts.
 */
export function credentialOf(headers: Headers): Credential | null {
  const authorization = headers.get("Authorization");
  if (authorization === null) return null;
  const [, scheme = "", rest = ""] = FORM.exec(authorization.trim()) ?? [];
  const header = headers.get("Rbee-Machine")?.trim() ?? "";
  switch (scheme.toLowerCase()) {
    case "bearer": {
      const secret = cleanSecret(rest);
      return secret === "" ? null : { secret, machines: named(header) };
    }
    case "basic": {
      const [user, password] = decodeBasic(rest);
      const secret = cleanSecret(password);
      return secret === "" ? null : { secret, machines: named(user.trim(), header) };
    }
    default:
      return null;
  }
}

const named = (...machines: string[]): string[] =>
  machines.every((machine) => machine === "") ? [] : [...new Set(machines)].filter((machine) => machine !== "");

/** Splits at the last colon, because a fingerprint may be a MAC address and none of our secrets has a colon. */
function decodeBasic(encoded: string): [user: string, password: string] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decodeBase64(encoded));
    const colon = text.lastIndexOf(":");
    return colon < 0 ? ["", text] : [text.slice(0, colon), text.slice(colon + 1)];
  } catch {
    return ["", "malformed"];
  }
}
