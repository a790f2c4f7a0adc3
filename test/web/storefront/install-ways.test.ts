import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { INSTALL_SYSTEMS } from "../../../src/domain/catalog/install-systems.ts";
import { find } from "../../support/html-document.ts";
import { PGP_SIGNATURE, packageFile } from "../../support/package-fixture.ts";
import { publishRelease, randomBytes, type TestFile } from "../../support/publish-release.ts";

const ORIGIN = "https://catalog.test";

/** The commands and files of each way on a page, those of a system after those of the one before. */
async function linesOf(path: string): Promise<string[]> {
  const response = await exports.default.fetch(`${ORIGIN}${path}`, { headers: { Accept: "text/html" } });
  expect(response.status).toBe(200);
  const blocks = await find(response, ".systems pre code");
  return blocks
    .filter(({ attributes }) => /-(setup|commands)$/.test(attributes["id"] ?? ""))
    .map(({ text }) => text.replaceAll("&amp;", "&"));
}

/** The names of the ways on the panel of a system. */
const waysOn = async (system: string, path: string): Promise<string[]> => {
  const response = await exports.default.fetch(`${ORIGIN}${path}`, { headers: { Accept: "text/html" } });
  return (await find(response, `.on-${system} h4`)).map(({ text }) => text);
};

/** Lines of tools with tests of their own. */
const OF_OTHER_TOOLS = /pacman|docker|podman|dnf|zypper|\/rpm\/|\/arch\/|^username=|\/apt\/|apt(-get)? install/;

/** The sentence of a system that has no way. */
const missingOn = async (system: string, path: string): Promise<string | undefined> => {
  const response = await exports.default.fetch(`${ORIGIN}${path}`, { headers: { Accept: "text/html" } });
  return (await find(response, `.on-${system} .empty`))[0]?.text.trim();
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

  it("are none for an unpublished premium worker, which is coming soon", async () => {
    for (const id of ["llm-worker-rbee-premium-cpu", "llm-worker-rbee-premium-metal"]) {
      expect(await linesOf(`/w/${id}`)).toEqual([]);
      const html = await (
        await exports.default.fetch(`${ORIGIN}/w/${id}`, { headers: { Accept: "text/html" } })
      ).text();
      expect(html).toContain("Not yet.");
      expect(html).not.toContain("softwareVersion");
      expect(html).toContain("<dd>Coming soon</dd>");
    }
  });

  it("say for each system without one why there is none", async () => {
    const path = "/w/llm-worker-rbee-metal";
    expect(await missingOn("linux", path)).toBe("Not for Linux. This worker runs on macOS only.");
    expect(await missingOn("container", path)).toBe("Not for Container. This worker runs on macOS only.");
    expect(await missingOn("macos", path)).toBeUndefined();
    expect(await missingOn("linux", "/w/llm-worker-rbee-cuda")).toMatch(/^Not yet\. No binary for Linux is released\./);
    expect(await missingOn("windows", "/w/llm-worker-rbee-cuda")).toBe("Not yet. No binary for Windows is released.");
    expect(await missingOn("arch", "/w/llm-worker-rbee-cuda")).toBeUndefined();
  });

  it("are the script and the command for a binary, and pacman for a package", async () => {
    const id = "llm-worker-rbee-cpu";
    await publishRelease({ worker_id: id, version: "1.0.0", files: [binary("linux-x86_64"), binary("macos-aarch64")] });
    const script = `curl -fsSL ${ORIGIN}/install.sh | sh -s -- ${id}`;
    const command = `rbee-catalog --url ${ORIGIN} install ${id}`;
    expect(await waysOn("linux", `/w/${id}`)).toEqual(["Install script", "rbee-catalog"]);
    expect(await waysOn("macos", `/w/${id}`)).toEqual(["Install script", "rbee-catalog"]);
    expect(await waysOn("windows", `/w/${id}`)).toEqual(["Windows Subsystem for Linux (WSL)"]);
    expect(await waysOn("arch", `/w/${id}`)).toEqual(["makepkg", "pacman", "AUR helper (yay, paru)"]);
    expect(await waysOn("container", `/w/${id}`)).toEqual(["Docker", "Podman", "Dockerfile"]);
    expect((await linesOf(`/w/${id}`)).filter((line) => !OF_OTHER_TOOLS.test(line)).slice(0, 7)).toEqual([
      ...[script, command],
      `git clone ${ORIGIN}/${id}.git && cd ${id} && makepkg -si`,
      `yay --aururl ${ORIGIN} --aurrpcurl ${ORIGIN}/rpc -S ${id}`,
      ...[script, command],
      script,
    ]);
    await publishRelease({
      worker_id: "llm-worker-rbee-cuda",
      version: "1.0.0",
      files: [packageFile("llm-worker-rbee-cuda", "1.0.0", "linux-x86_64", { pgpSignature: PGP_SIGNATURE })],
    });
    expect(await waysOn("arch", "/w/llm-worker-rbee-cuda")).toEqual(["makepkg", "pacman", "AUR helper (yay, paru)"]);
    expect(await linesOf("/w/llm-worker-rbee-cuda")).toContain(
      `[rbee]\nSigLevel = Required\nServer = ${ORIGIN}/arch/signed/$repo/os/$arch`,
    );
  });

  it("are not a shell script for Windows", async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-cuda", version: "1.0.0", files: [binary("windows-x86_64")] });
    expect(await waysOn("windows", "/w/llm-worker-rbee-cuda")).toEqual(["rbee-catalog"]);
    const lines = await linesOf("/w/llm-worker-rbee-cuda");
    expect(lines).toContain(`rbee-catalog --url ${ORIGIN} install llm-worker-rbee-cuda`);
    expect(lines.join("\n")).not.toContain("install.sh");
  });

  it("pull an image, and copy a program that needs a C library into one that has it", async () => {
    const [free, cuda, premium] = ["llm-worker-rbee-cpu", "llm-worker-rbee-cuda", "llm-worker-rbee-premium-cpu"];
    for (const worker_id of [free, cuda]) {
      await publishRelease({ worker_id, version: "1.0.0", files: [binary("linux-x86_64")] });
    }
    const isStatic = { ...binary("linux-aarch64"), requires: { libc: { name: "musl" } } };
    await publishRelease({ worker_id: premium, version: "1.0.0", files: [isStatic] });
    const linesIn = async (id: string) =>
      (await linesOf(`/w/${id}`))
        .filter((line) => /docker|podman/.test(line))
        .map((line) => line.replaceAll("&lt;", "<").replaceAll("&#39;", "'").replaceAll("&quot;", '"'));
    expect(await linesIn(free)).toEqual([
      `docker pull catalog.test/rbee/${free}`,
      `podman pull catalog.test/rbee/${free}`,
      `docker build -t cpu - <<'EOF'\nFROM debian:stable-slim\nCOPY --from=catalog.test/rbee/${free} /usr/bin/${free} /usr/bin/\nENTRYPOINT ["/usr/bin/${free}"]\nEOF`,
    ]);
    expect(await linesIn(premium)).toEqual(
      ["docker", "podman"].map(
        (tool) => `${tool} login -u MACHINE catalog.test &&\n${tool} pull catalog.test/rbee/${premium}`,
      ),
    );
    expect(await waysOn("container", `/w/${cuda}`)).toEqual(["Docker", "Podman"]);
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
    expect((await linesOf(`/w/${linux}`)).filter((line) => !OF_OTHER_TOOLS.test(line))).toEqual([
      `curl -fsSL ${ORIGIN}/install.sh | sh -s -- ${linux}`,
      `rbee-catalog --url ${ORIGIN} activate --key-stdin &&\nrbee-catalog --url ${ORIGIN} install ${linux}`,
      `${token}git clone ${ORIGIN}/${linux}.git && cd ${linux} && makepkg -si`,
      `${token}yay --aururl ${ORIGIN} --aurrpcurl ${ORIGIN}/rpc -S ${linux}`,
      `curl -fsSL ${ORIGIN}/install.sh | sh -s -- ${linux}`,
    ]);
    expect(await waysOn("macos", `/w/${mac}`)).toEqual(["Install script", "rbee-catalog", "Homebrew"]);
    expect((await linesOf(`/w/${mac}`)).at(-1)).toBe(
      `read -rs HOMEBREW_RBEE_LICENSE_TOKEN && export HOMEBREW_RBEE_LICENSE_TOKEN &&\nbrew tap rbee/rbee ${ORIGIN}/homebrew-rbee.git &&\nbrew install rbee/rbee/${mac}`,
    );
  });

  it("let pacman trust the catalog's key, and name a builder's key only if the package has it", async () => {
    const [free, premium] = ["llm-worker-rbee-cpu", "llm-worker-rbee-premium-cpu"];
    const unsigned = [binary("linux-x86_64"), packageFile(premium, "1.0.0")];
    await publishRelease({ worker_id: premium, version: "1.0.0", files: unsigned });
    await publishRelease({ worker_id: free, version: "1.0.0", files: [packageFile(free, "1.0.0")] });
    const pacmanLines = async (id: string) =>
      (await linesOf(`/w/${id}`))
        .filter((line) => /pacman|\/arch\//.test(line))
        .map((line) => line.replaceAll("&#39;", "'").replaceAll("&quot;", '"'));
    expect(await pacmanLines(premium)).toEqual([
      `[rbee-premium]\nSigLevel = Required\nServer = https://MACHINE:KEY@catalog.test/arch/signed/$repo/os/$arch`,
      `curl -fsSO ${ORIGIN}/keys/packages.asc\nsudo pacman-key --add packages.asc\n` +
        `sudo pacman-key --lsign-key $(gpg --show-keys --with-colons packages.asc | awk -F: '$1 == "fpr" { print $10 }')\n` +
        `sudo pacman -Syu ${premium}`,
    ]);
    // Without a binary, pacman gets what the publisher uploaded.
    expect(await pacmanLines(free)).toEqual([
      `[rbee]\nSigLevel = Optional\nServer = ${ORIGIN}/arch/$repo/os/$arch`,
      `sudo pacman -Syu ${free}`,
    ]);
  });

  it("use the newest stable release", async () => {
    const id = "llm-worker-rbee-cuda";
    await publishRelease({ worker_id: id, version: "2.0.0-beta.1", files: [binary("linux-x86_64")] });
    expect(await waysOn("linux", `/w/${id}`)).toEqual([]);
    expect(await waysOn("arch", `/w/${id}`)).toEqual(["makepkg", "AUR helper (yay, paru)"]);
  });
});

describe("/install", () => {
  it("begins with the command that needs no name of a worker, once a binary is released", async () => {
    const first = async () => (await find(await page("/install"), ".on-linux pre code"))[0]?.text;
    const page = (path: string) => exports.default.fetch(`${ORIGIN}${path}`, { headers: { Accept: "text/html" } });
    expect(await first()).toBeUndefined();
    expect(await missingOn("linux", "/install")).toBe("Not yet. Nothing that installs on Linux is released.");
    await publishRelease({ worker_id: "llm-worker-rbee-cpu", version: "1.0.0", files: [binary("linux-x86_64")] });
    expect(await first()).toBe(`curl -fsSL ${ORIGIN}/install.sh | sh`);
  });

  it("has every way of any worker once for each system", async () => {
    expect(await waysOn("linux", "/install")).toEqual([]);
    expect(await waysOn("arch", "/install")).toEqual(["makepkg", "AUR helper (yay, paru)"]);
    expect(await waysOn("macos", "/install")).toEqual(["Homebrew"]);
    await publishRelease({ worker_id: "llm-worker-rbee-cuda", version: "1.0.0", files: [binary("linux-x86_64")] });
    expect(await waysOn("linux", "/install")).toEqual(["Install script", "rbee-catalog"]);
    expect(await linesOf("/install")).toContain(`curl -fsSL ${ORIGIN}/install.sh | sh -s -- llm-worker-rbee-cuda`);
  });

  it("shows where a tool keeps the license, beside the lines without one", async () => {
    await publishRelease({ worker_id: "llm-worker-rbee-cpu", version: "1.0.0", files: [binary("linux-x86_64")] });
    await publishRelease({
      worker_id: "llm-worker-rbee-premium-cpu",
      version: "1.0.0",
      files: [binary("linux-x86_64")],
    });
    expect(await waysOn("debian", "/install")).toEqual(["apt", "apt, for premium workers"]);
    expect(await waysOn("fedora", "/install")).toEqual([
      ...["dnf", "zypper"],
      ...["dnf, for premium workers", "zypper, for premium workers"],
    ]);
    expect(await waysOn("arch", "/install")).toContain("pacman, for premium workers");
    expect(await waysOn("container", "/install")).toContain("Podman, for premium workers");
    expect(await waysOn("linux", "/install")).toEqual(["Install script", "rbee-catalog"]);
    const lines = await linesOf("/install");
    const credentials = `machine ${ORIGIN}/apt/rbee-premium login MACHINE password KEY`;
    expect(lines.filter((text) => text === credentials)).toHaveLength(1);
    expect(lines.filter((text) => text.includes("apt install llm-worker-rbee-cpu"))).toHaveLength(1);
    const page = await exports.default.fetch(`${ORIGIN}/install`, { headers: { Accept: "text/html" } });
    expect(await find(page, ".on-debian pre")).toHaveLength(3);
  });

  it("names only files that the catalog has", async () => {
    for (const worker_id of ["llm-worker-rbee-cpu", "llm-worker-rbee-premium-cpu"]) {
      await publishRelease({ worker_id, version: "1.0.0", files: [binary("linux-x86_64")] });
    }
    const text = (await linesOf("/install")).join("\n");
    const named = new Set(
      [...text.matchAll(/https:\/\/catalog\.test(\/\S+\.(?:gpg|asc|repo|sources|sh))(?=\s|$)/g)].map(
        ([, path = ""]) => path,
      ),
    );
    const files = ["/apt/rbee.gpg", "/apt/rbee.sources", "/apt/rbee-premium.sources"];
    expect([...named]).toEqual(expect.arrayContaining([...files, "/rpm/rbee.repo", "/keys/packages.asc"]));
    for (const path of named) {
      expect([path, (await exports.default.fetch(`${ORIGIN}${path}`)).status]).toEqual([path, 200]);
    }
  });

  it("hides the panels of the systems that are not chosen", async () => {
    const response = await exports.default.fetch(`${ORIGIN}/install`, { headers: { Accept: "text/html" } });
    const [sheet] = await find(response, "link[rel=stylesheet]");
    const css = await (await exports.default.fetch(`${ORIGIN}${sheet?.attributes["href"]}`)).text();
    for (const system of INSTALL_SYSTEMS) {
      expect(css).toContain(`.systems:not(:has(#system-${system}:checked)) .on-${system}`);
    }
  });

  it("links to the complete guide", async () => {
    const page = await exports.default.fetch(`${ORIGIN}/install`, { headers: { Accept: "text/html" } });
    const [link] = await find(page, "main a[href$='.md']");
    expect((await exports.default.fetch(`${ORIGIN}${link?.attributes["href"]}`)).status).toBe(200);
  });
});
