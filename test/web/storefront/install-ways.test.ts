import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { find } from "../../support/html-document.ts";
import { PGP_SIGNATURE, packageFile } from "../../support/package-fixture.ts";
import { publishRelease, randomBytes, type TestFile } from "../../support/publish-release.ts";

const ORIGIN = "https://catalog.test";

/** The commands and files of each way on a page, by its name. */
async function linesOf(path: string): Promise<string[]> {
  const response = await exports.default.fetch(`${ORIGIN}${path}`, { headers: { Accept: "text/html" } });
  expect(response.status).toBe(200);
  const blocks = await find(response, "pre code");
  return blocks
    .filter(({ attributes }) => /-(setup|commands)$/.test(attributes["id"] ?? ""))
    .map(({ text }) => text.replaceAll("&amp;", "&"));
}

const summaries = async (path: string): Promise<string[]> => {
  const response = await exports.default.fetch(`${ORIGIN}${path}`, { headers: { Accept: "text/html" } });
  return (await find(response, "main details:not(.file) > summary")).map(({ text }) => text);
};

const binary = (platform: TestFile["platform"]): TestFile => ({
  bytes: randomBytes(100),
  ...(platform && { platform }),
});

describe("the ways to install a worker", () => {
  it("are only builds from source for a free worker without a release", async () => {
    expect(await linesOf("/w/llm-worker-rbee-cpu")).toEqual([
      `git clone ${ORIGIN}/llm-worker-rbee-cpu.git && cd llm-worker-rbee-cpu && makepkg -si`,
      `yay --aururl ${ORIGIN} --aurrpcurl ${ORIGIN}/rpc -S llm-worker-rbee-cpu`,
    ]);
    expect(await linesOf("/w/llm-worker-rbee-metal")).toEqual([
      `brew tap rbee/rbee ${ORIGIN}/homebrew-rbee.git &&\nbrew install rbee/rbee/llm-worker-rbee-metal`,
    ]);
  });

  it("are none for an unpublished premium worker", async () => {
    for (const id of ["llm-worker-rbee-premium-cpu", "llm-worker-rbee-premium-metal"]) {
      expect(await linesOf(`/w/${id}`)).toEqual([]);
      const html = await (
        await exports.default.fetch(`${ORIGIN}/w/${id}`, { headers: { Accept: "text/html" } })
      ).text();
      expect(html).toContain("No version of this worker is published yet.");
      expect(html).not.toContain("softwareVersion");
      expect(html).toContain("<dd>not published yet</dd>");
    }
  });

  it("are the script and the command for a binary, and pacman for a package", async () => {
    const id = "llm-worker-rbee-cpu";
    await publishRelease({ worker_id: id, version: "1.0.0", files: [binary("linux-x86_64"), binary("macos-aarch64")] });
    expect(await linesOf(`/w/${id}`)).toEqual([
      `curl -fsSL ${ORIGIN}/install.sh | sh -s -- ${id}`,
      `rbee-catalog --url ${ORIGIN} install ${id}`,
      `git clone ${ORIGIN}/${id}.git && cd ${id} && makepkg -si`,
      `yay --aururl ${ORIGIN} --aurrpcurl ${ORIGIN}/rpc -S ${id}`,
    ]);
    await publishRelease({
      worker_id: "llm-worker-rbee-cuda",
      version: "1.0.0",
      files: [packageFile("llm-worker-rbee-cuda", "1.0.0", "linux-x86_64", { pgpSignature: PGP_SIGNATURE })],
    });
    expect(await summaries("/w/llm-worker-rbee-cuda")).toEqual([
      "makepkg, on Arch Linux",
      "pacman, on Arch Linux",
      "An AUR helper, such as yay or paru",
    ]);
    expect(await linesOf("/w/llm-worker-rbee-cuda")).toContain(
      `[rbee]\nSigLevel = Required DatabaseOptional\nServer = ${ORIGIN}/arch/$repo/os/$arch`,
    );
  });

  it("are not a shell script for Windows", async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-cuda", version: "1.0.0", files: [binary("windows-x86_64")] });
    const lines = await linesOf("/w/llm-worker-rbee-cuda");
    expect(lines).toContain(`rbee-catalog --url ${ORIGIN} install llm-worker-rbee-cuda`);
    expect(lines.join("\n")).not.toContain("install.sh");
  });

  it("ask for the license key in the same command that needs it", async () => {
    const linux = "llm-worker-rbee-premium-cpu";
    const mac = "llm-worker-rbee-premium-metal";
    await publishRelease({
      worker_id: linux,
      version: "1.0.0",
      files: [binary("linux-x86_64"), packageFile(linux, "1.0.0")],
    });
    await publishRelease({ worker_id: mac, version: "1.0.0", files: [binary("macos-aarch64")] });
    const token = "read -rs RBEE_LICENSE_TOKEN && export RBEE_LICENSE_TOKEN &&\n";
    expect(await linesOf(`/w/${linux}`)).toEqual([
      `curl -fsSL ${ORIGIN}/install.sh | sh -s -- ${linux}`,
      `rbee-catalog --url ${ORIGIN} activate --key-stdin &&\nrbee-catalog --url ${ORIGIN} install ${linux}`,
      `${token}git clone ${ORIGIN}/${linux}.git && cd ${linux} && makepkg -si`,
      // The package has no OpenPGP signature.
      `[rbee-premium]\nSigLevel = Optional\nServer = https://MACHINE:KEY@catalog.test/arch/$repo/os/$arch`,
      `sudo pacman -Syu ${linux}`,
      `${token}yay --aururl ${ORIGIN} --aurrpcurl ${ORIGIN}/rpc -S ${linux}`,
    ]);
    expect((await linesOf(`/w/${mac}`)).at(-1)).toBe(
      `read -rs HOMEBREW_RBEE_LICENSE_TOKEN && export HOMEBREW_RBEE_LICENSE_TOKEN &&\nbrew tap rbee/rbee ${ORIGIN}/homebrew-rbee.git &&\nbrew install rbee/rbee/${mac}`,
    );
  });

  it("use the newest stable release", async () => {
    const id = "llm-worker-rbee-cuda";
    await publishRelease({ worker_id: id, version: "2.0.0-beta.1", files: [binary("linux-x86_64")] });
    expect(await summaries(`/w/${id}`)).toEqual(["makepkg, on Arch Linux", "An AUR helper, such as yay or paru"]);
  });
});

describe("/install", () => {
  it("begins with the command that needs no name of a worker", async () => {
    const response = await exports.default.fetch(`${ORIGIN}/install`, { headers: { Accept: "text/html" } });
    const [first] = await find(response, "pre code");
    expect(first?.text).toBe(`curl -fsSL ${ORIGIN}/install.sh | sh`);
  });

  it("has every way of any worker once", async () => {
    expect(await summaries("/install")).toEqual([
      "makepkg, on Arch Linux",
      "An AUR helper, such as yay or paru",
      "Homebrew, on a Mac",
    ]);
    await publishRelease({ worker_id: "llm-worker-rbee-cuda", version: "1.0.0", files: [binary("linux-x86_64")] });
    const lines = await linesOf("/install");
    expect(lines).toHaveLength(5);
    expect(lines).toContain(`curl -fsSL ${ORIGIN}/install.sh | sh -s -- llm-worker-rbee-cuda`);
  });

  it("links to the complete guide", async () => {
    const page = await exports.default.fetch(`${ORIGIN}/install`, { headers: { Accept: "text/html" } });
    const [link] = await find(page, "main a[href$='.md']");
    expect((await exports.default.fetch(`${ORIGIN}${link?.attributes["href"]}`)).status).toBe(200);
  });
});
