import compare from "semver/functions/compare.js";
import parse from "semver/functions/parse.js";
import { err, ok, type Result } from "../../lib/result.ts";
import { CHANNELS, type Channel } from "./manifest.ts";

/** The maximum length of a version, which is part of paths and file names. */
const MAX_LENGTH = 64;

/**
 * Checks the version of a release: Semantic Versioning 2.0.0 in its canonical spelling. A leading `v` and build
 * metadata are refused, because they would give two names to one precedence. The error is a sentence for a person.
 */
export function parseVersion(text: string): Result<string, string> {
  if (text.length > MAX_LENGTH) return err(`A version has at most ${MAX_LENGTH} characters.`);
  const version = parse(text);
  if (version === null) return err("Not a semantic version, such as 1.10.0 or 2.0.0-rc.1.");
  if (version.build.length > 0)
    return err("A version must not have build metadata (+...), because it has no precedence.");
  if (version.version !== text) return err(`Write it as ${version.version}.`);
  return ok(text);
}

/** Orders two valid versions by semver precedence: negative if `a` is lower (1.9.0 before 1.10.0). */
export const compareVersions = (a: string, b: string): number => compare(a, b);

/** Whether a valid version is a prerelease (`1.0.0-rc.1`). */
export const isPrerelease = (version: string): boolean => (parse(version)?.prerelease.length ?? 0) > 0;

const NAMED_CHANNEL = /^(rc|beta|alpha)(?![a-z])/i;

/**
 * The default channel of a valid version: `stable` for a final version. A prerelease goes to the channel that its first
 * identifier starts with (`-rc.1`, `-beta2`), else to `alpha`.
 */
export function defaultChannel(version: string): Channel {
  if (!isPrerelease(version)) return "stable";
  const name = NAMED_CHANNEL.exec(String(parse(version)?.prerelease[0]))?.[1]?.toLowerCase();
  return CHANNELS.find((channel) => channel === name) ?? "alpha";
}

/**
 * Whether a valid version may be released to `channel`. A prerelease never reaches `stable`. Every other pair is
 * allowed, so a publisher can show a final version to the followers of `beta` only.
 */
export const mayBeIn = (version: string, channel: Channel): boolean => channel !== "stable" || !isPrerelease(version);

/** Whether a follower of `followed` gets releases of `channel`, because it is the same or more stable. */
export const channelIncludes = (followed: Channel, channel: Channel): boolean =>
  CHANNELS.indexOf(channel) <= CHANNELS.indexOf(followed);
