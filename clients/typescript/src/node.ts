import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fingerprintOfMachineId } from "./fingerprint.ts";
import type { Digest } from "./hashes.ts";
import type { Seat, SeatStore } from "./hive-license.ts";
import { isObject } from "./result.ts";
import type { Sink } from "./sink.ts";

/**
 * A sink that is a file. Give each download a path of its own, such as `worker-<sha256>.part`, and rename it when the
 * download is done.
 */
export const fileSink = (path: string): Sink => ({
  size: async () => (await stat(path).catch(() => null))?.size ?? 0,
  async *read() {
    if ((await stat(path).catch(() => null)) === null) return;
    for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) yield chunk;
  },
  append: (bytes) => appendFile(path, bytes, { mode: 0o600 }),
  clear: () => rm(path, { force: true }),
});

/** The digests of a file by Node's own cryptography, which is some twenty times as fast as JavaScript. */
export function nativeDigest(): Digest {
  const sha256 = createHash("sha256");
  const blake2b = createHash("blake2b512");
  let size = 0;
  return {
    get size() {
      return size;
    },
    update(bytes) {
      sha256.update(bytes);
      blake2b.update(bytes);
      size += bytes.length;
    },
    finish: () => ({ size, sha256: sha256.digest("hex"), blake2b: new Uint8Array(blake2b.digest()) }),
  };
}

/** A seat in a file that only its owner can read. A damaged file counts as none. */
export const fileSeatStore = (path: string): SeatStore => ({
  async load() {
    const text = await readFile(path, "utf8").catch(() => null);
    return text === null ? null : seatOf(text);
  },
  async save(seat) {
    if (seat === null) return rm(path, { force: true });
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Renamed, so that no run reads half of it. Each write has a file of its own, so that none gets another's.
    const next = `${path}.${randomUUID()}`;
    try {
      await writeFile(next, `${JSON.stringify(seat, null, 2)}\n`, { mode: 0o600, flag: "wx" });
      await rename(next, path);
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    }
  },
});

function seatOf(text: string): Seat | null {
  try {
    const json: unknown = JSON.parse(text);
    const texts = ["catalog", "license_id", "machine_id", "token", "expires_at", "renew_after"];
    const isSeat = isObject(json) && texts.every((name) => typeof json[name] === "string");
    return isSeat && typeof json["seen"] === "number" ? (json as Seat) : null;
  } catch {
    return null;
  }
}

/**
 * The fingerprint of this Linux machine, as `rbee-catalog` and `install.sh` make it: RBEE_MACHINE, else a hash of the
 * machine id; null without one. Containers of one image may share that id, so give each an RBEE_MACHINE.
 */
export async function machineFingerprint(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | null> {
  if (env["RBEE_MACHINE"]) return env["RBEE_MACHINE"];
  for (const file of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    const fingerprint = await fingerprintOfMachineId(await readFile(file, "utf8").catch(() => ""));
    if (fingerprint !== null) return fingerprint;
  }
  return null;
}
