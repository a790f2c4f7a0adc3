import { createHash } from "node:crypto";
import { licenseId } from "./license-keys.ts";
import { machineClaim } from "./license-tokens.ts";
import { NOW, type VectorCase, type VectorFile } from "./vector-file.ts";

const ID = "0123456789abcdef0123456789abcdef";
const FINGERPRINT = createHash("sha256").update(`rbee-hive:${ID}`).digest("hex");

const ofId = (name: string, machine_id: string, fingerprint: string | null): VectorCase => ({
  name,
  machine_id,
  expected: { fingerprint },
});

const hashed = (name: string, license: string, fingerprint: string): VectorCase => ({
  name,
  license_id: licenseId(license),
  fingerprint,
  expected: { machine: machineClaim(licenseId(license), fingerprint.trim()) },
});

/** Fingerprints of machines. */
export const fingerprints: VectorFile = {
  description:
    "The fingerprint that a hive makes of its system's machine id (the text of `/etc/machine-id`; null: it is no id, so the hive " +
    "looks further), and the hash of a fingerprint in the `machine` claim of a license's tokens.",
  now: NOW,
  cases: [
    ofId("a machine id as systemd writes it", `${ID}\n`, FINGERPRINT),
    ofId("a machine id without a line end", ID, FINGERPRINT),
    ofId("a machine id with a line end of Windows", `${ID}\r\n`, FINGERPRINT),
    ofId("an empty file, as in an image", "", null),
    ofId("a system before its first start", "uninitialized\n", null),
    ofId("capitals", ID.toUpperCase(), null),
    ofId("a UUID with hyphens", "01234567-89ab-cdef-0123-456789abcdef", null),
    ofId("one digit too few", ID.slice(1), null),
    ofId("two lines", `${ID}\n${ID}\n`, null),
    hashed("a fingerprint of a hive", "ada", FINGERPRINT),
    hashed("the same fingerprint under another license", "grace", FINGERPRINT),
    hashed("a name that a person gave", "ada", "attic"),
    hashed("characters beyond ASCII, as UTF-8", "ada", "Büro-PC ✓"),
    hashed("blanks around it do not count", "ada", "  attic\t"),
    hashed("blanks inside count", "ada", "the  attic"),
    hashed("256 characters", "ada", "x".repeat(256)),
  ],
};
