import { describe, expect, it } from "vitest";
import { behindText, type Offer, type PublishedRelease, placesBehind } from "../../src/cli/publish/behind.ts";

const file = (platform: string, kind = "binary") => ({
  id: "art_1",
  kind,
  platform,
  filename: `w-${platform}`,
  size: 1,
  sha256: "0",
  state: "ready",
  signature: null,
  pgp_signature: null,
});

const offer = (place: string, platform: string, version: string | null): Offer => ({
  place,
  platform,
  version,
  needs: "a file",
});

const published = (offers: Offer[], more: Partial<PublishedRelease["release"]> = {}): PublishedRelease => ({
  release: {
    ...{ id: "rel_1", worker_id: "w", version: "1.10.0", channel: "stable", status: "published" },
    ...{ source_tag: null, provenance: null, artifacts: [file("linux-x86_64")] },
    ...more,
  },
  offers,
});

const lineOf = (one: PublishedRelease) => behindText(one.release, placesBehind(one));

describe("the places behind a release", () => {
  it("are those with an older version, in one line with the remedy", () => {
    const offers = [
      offer("pacman repository rbee", "linux-x86_64", "1.9.0"),
      offer("installer", "linux-x86_64", "1.10.0"),
      offer("installer", "linux-aarch64", "1.2.0"),
    ];
    expect(lineOf(published(offers))).toBe(
      "Behind 1.10.0: pacman repository rbee stays at 1.9.0 for linux-x86_64 (needs a file); " +
        "installer stays at 1.2.0 for linux-aarch64 (needs a file).",
    );
  });

  it("are those with nothing only for a platform that the release has a binary for", () => {
    const offers = [offer("pacman", "linux-x86_64", null), offer("pacman", "linux-aarch64", null)];
    expect(lineOf(published(offers))).toBe("Behind 1.10.0: pacman has nothing for linux-x86_64 (needs a file).");
    expect(lineOf(published(offers, { artifacts: [file("linux-x86_64", "package")] }))).toBe(null);
  });

  it("are none after a release that is not the newest, of another channel, or still a draft", () => {
    const offers = [offer("pacman", "linux-x86_64", "2.0.0")];
    expect(lineOf(published(offers))).toBe(null);
    const older = [offer("pacman", "linux-x86_64", "1.0.0")];
    expect(lineOf(published(older, { version: "1.10.0-rc.1", channel: "rc" }))).toBe(null);
    expect(lineOf(published(older, { status: "draft" }))).toBe(null);
  });

  it("are told without control characters", () => {
    expect(lineOf(published([offer("\u001b[31mpacman\n", "linux-x86_64", "1.0.0")]))).not.toMatch(/\p{Cc}/u);
  });
});
