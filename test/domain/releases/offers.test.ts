import { beforeEach, describe, expect, it } from "vitest";
import { packageFile } from "../../support/package-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { newPublisher, post } from "../../support/release-requests.ts";

/** The answer to a publisher: the version that each place of users offers after a release has moved. */
beforeEach(newPublisher);

const PREMIUM = "llm-worker-rbee-premium-cpu";
const binary = (platform: "linux-x86_64" | "linux-aarch64" | "macos-aarch64", filename = `w-${platform}`) => ({
  bytes: randomBytes(100),
  platform,
  filename,
});

/** The offers, as lines, after the release has moved once more. */
async function offersAfter(move: "publish" | "yank", { id }: { id: string }): Promise<string[]> {
  const response = await post(`/${id}/${move}`, { reason: "test" });
  expect(response.status).toBe(200);
  const { offers } = await response.json<{
    offers: { place: string; platform: string; version: string | null; needs: string }[];
  }>();
  return offers.map(({ place, platform, version, needs }) => `${place} ${platform} ${version} ${needs}`);
}

describe("the offers after a release has moved", () => {
  it("leave pacman at the last version with a package, and follow a binary elsewhere", async () => {
    const files = [binary("linux-x86_64"), packageFile(PREMIUM, "1.0.0")];
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0", files });
    const second = await publishRelease({
      worker_id: PREMIUM,
      version: "1.1.0",
      files: [binary("linux-x86_64", "x"), binary("linux-aarch64", "a")],
    });
    const offers = await offersAfter("publish", second);
    expect(offers).toContain("pacman repository rbee-premium linux-x86_64 1.0.0 a pacman package");
    expect(offers).toContain("pacman repository rbee-premium linux-aarch64 null a pacman package");
    expect(offers).toContain("installer (install.sh, rbee-catalog) linux-x86_64 1.1.0 a binary");
    expect(offers).toContain("installer (install.sh, rbee-catalog) linux-aarch64 1.1.0 a binary");
    expect(offers).toContain("recipe for makepkg, AUR helpers and hives linux-x86_64 1.1.0 a binary");
    expect(await offersAfter("yank", second)).toContain(
      "installer (install.sh, rbee-catalog) linux-x86_64 1.0.0 a binary",
    );
  });

  it("name the formula of a worker for Macs", async () => {
    const worker_id = "llm-worker-rbee-premium-metal";
    const release = await publishRelease({ worker_id, version: "1.2.0", files: [binary("macos-aarch64")] });
    expect(await offersAfter("publish", release)).toContain("Homebrew tap macos-aarch64 1.2.0 a binary");
  });

  it("keep to stable versions", async () => {
    await publishRelease({ worker_id: PREMIUM, version: "1.0.0", files: [binary("linux-x86_64")] });
    const candidate = await publishRelease({
      worker_id: PREMIUM,
      version: "1.1.0-rc.1",
      files: [binary("linux-x86_64", "rc")],
    });
    const offers = await offersAfter("publish", candidate);
    expect(offers).toContain("recipe for makepkg, AUR helpers and hives linux-x86_64 1.0.0 a binary");
    expect(offers.join()).not.toContain("rc.1");
  });

  it("of a free worker follow its recipe, which needs no binary", async () => {
    const worker_id = "llm-worker-rbee-cpu";
    const release = await publishRelease({ worker_id, version: "0.3.0", files: [binary("linux-x86_64")] });
    const offers = await offersAfter("publish", release);
    expect(offers).toContain("recipe for makepkg, AUR helpers and hives linux-aarch64 0.3.0 a source");
    expect(offers).toContain("installer (install.sh, rbee-catalog) linux-aarch64 null a binary");
  });
});
