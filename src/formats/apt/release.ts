import { SETTLING } from "../../domain/delivery/tier-listing.ts";
import type { PackageSigner } from "../../domain/releases/framing/signer.ts";
import type { Channel } from "../../domain/releases/manifest.ts";
import { encodeHex, encodeUtf8, sha256 } from "../../lib/encoding.ts";
import { IsolateCache, SMALL_CACHE } from "../../lib/isolate.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import type { PackageList } from "./lists.ts";
import type { RepositoryName } from "./repository.ts";
import { ARCHITECTURES } from "./version.ts";

/**
 * How long a `Release` file is valid, in days, as the signed indexes are: a mirror or attacker cannot keep offering it
 * for longer. It is signed anew every day.
 */
const VALID_DAYS = 7;

/** The names of the files that describe a suite. */
export const RELEASE_FILES = ["InRelease", "Release", "Release.gpg"] as const;
export type ReleaseName = (typeof RELEASE_FILES)[number];

/** The texts of a suite's description. They fit each other, because all are made at once. */
export type SignedRelease = Record<ReleaseName, string>;

/** The suite that a description is about. `date` is of its lists (`releaseDate`). */
export type Suite = { repository: RepositoryName; channel: Channel; date: UnixSeconds; lists: readonly PackageList[] };

/**
 * The date at `now` of a suite whose lists are dated `listedAt` (`listingDate`): not before the day begins, because it
 * is signed daily. The day begins once no change of the day before can still propagate. Otherwise the lists with and
 * without a change at midnight would have one date, and apt would miss the change for a day.
 */
export const releaseDate = (listedAt: UnixSeconds, now: UnixSeconds): UnixSeconds =>
  Math.max(listedAt, startOfDay(now - SETTLING - 1));

const signed = new IsolateCache<SignedRelease>(200, SMALL_CACHE / 4);

/**
 * The description of a suite, signed at its date. A day's signatures are the same from every isolate. Throws
 * WebCrypto's errors.
 */
export async function signedRelease(suite: Suite, signer: PackageSigner, now: UnixSeconds): Promise<SignedRelease> {
  const text = releaseText(suite);
  const fingerprints = signer.keys.map(({ fingerprint }) => fingerprint);
  const key = [...fingerprints, encodeHex(await sha256(text))].join(" ");
  const known = signed.get(key, now);
  if (known) return known;
  const files: SignedRelease = {
    InRelease: await signer.clearsign(text, suite.date),
    Release: text,
    "Release.gpg": await signer.signArmored(encodeUtf8(text), suite.date),
  };
  signed.set(key, files, now + DAY);
  return files;
}

/** The text of `Release` (Debian repository format, "Release files"). */
export function releaseText({ repository, channel, date, lists }: Suite): string {
  const fields: [name: string, value: string][] = [
    ["Origin", "rbee"],
    ["Label", repository],
    ["Suite", channel],
    ["Codename", channel],
    ["Date", releaseTime(date)],
    ["Valid-Until", releaseTime(startOfDay(date) + VALID_DAYS * DAY)],
    ["Acquire-By-Hash", "yes"],
    ["Architectures", ARCHITECTURES.join(" ")],
    ["Components", "main"],
    ["Description", `Workers for rbee, ${channel} releases`],
    ["SHA256", lists.map(({ sha256, bytes, path }) => `\n ${sha256} ${bytes.length} ${path}`).join("")],
  ];
  return fields.map(([name, value]) => `${name}:${value.startsWith("\n") ? "" : " "}${value}\n`).join("");
}

/** A time as `Release` has it: of RFC 2822, in UTC. */
const releaseTime = (at: UnixSeconds): string => new Date(at * 1000).toUTCString().replace("GMT", "UTC");
