import { decodeBase64 } from "../../lib/encoding.ts";

/** A secret as a request carries it, with the machines that Basic's user and the `Rbee-Machine` header name, if they differ. */
export type Credential = { secret: string; machines: string[] };

/**
 * The credential of a request: `Bearer <secret>`, or Basic with the machine as user and the secret as password (RFC 7617).
 * Null when none is sent; an empty secret is none. A Basic that does not decode is a secret that nothing accepts.
 */
export function credentialOf(headers: Headers): Credential | null {
  const authorization = headers.get("Authorization");
  if (authorization === null) return null;
  const [, scheme = "", rest = ""] = /^(\S+)(?:\s+(.*))?$/s.exec(authorization.trim()) ?? [];
  const header = headers.get("Rbee-Machine")?.trim() ?? "";
  switch (scheme.toLowerCase()) {
    case "bearer":
      return rest === "" ? null : { secret: rest, machines: named(header) };
    case "basic": {
      const [user, password] = decodeBasic(rest);
      return password === "" ? null : { secret: password, machines: named(user.trim(), header) };
    }
    default:
      return null;
  }
}

const named = (...machines: string[]): string[] => [...new Set(machines)].filter((machine) => machine !== "");

/** Split at the last colon: a fingerprint may be a MAC address, and no secret of ours has a colon. */
function decodeBasic(encoded: string): [user: string, password: string] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decodeBase64(encoded));
    const colon = text.lastIndexOf(":");
    return colon < 0 ? ["", text] : [text.slice(0, colon), text.slice(colon + 1)];
  } catch {
    return ["", encoded || "malformed"];
  }
}
