import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultOfClaims, faultOfPaths, ownNames } from "../../../src/formats/arch/claims.ts";
import { parsePkginfo } from "../../../src/formats/arch/pkginfo.ts";

const FREE = "llm-worker-rbee-cuda";
const PREMIUM = "llm-worker-rbee-premium-cuda";

const faultOf = (workerId: string, ...lines: string[]) => {
  const info = parsePkginfo([`pkgname = ${workerId}`, "pkgver = 1-1", "arch = x86_64", ...lines].join("\n"));
  return info.ok ? faultOfClaims(workerId, info.value) : info.error;
};

describe("the names of a worker's package", () => {
  it("are its own, those of its variants and those of its free counterpart", () => {
    expect([...ownNames(FREE)]).toEqual([FREE, `${FREE}-bin`, `${FREE}-git`, `${FREE}-debug`]);
    expect([...ownNames(PREMIUM)].filter((name) => !name.startsWith(PREMIUM))).toEqual([...ownNames(FREE)]);
    for (const claim of ["replaces", "conflict", "provides", "group"]) {
      expect(faultOf(PREMIUM, `${claim} = ${FREE}`, `${claim} = ${PREMIUM}-git`)).toBeNull();
      expect(faultOf(FREE, `${claim} = ${FREE}=1.2.0-1`, `${claim} = ${FREE}-bin<=1:2`)).toBeNull();
    }
    expect(faultOf(PREMIUM, `pkgbase = ${FREE}`)).toBeNull();
  });

  it.each([
    "glibc",
    "pacman",
    "sudo=1.9",
    "base",
    "base-devel",
    "linux>=6",
    "libc.so=6-64",
    PREMIUM,
    "llm-worker-rbee-cpu",
    "llm-worker-rbee",
    `${FREE}-tools`,
    `${FREE}x`,
    FREE.toUpperCase(),
    `${FREE} glibc`,
    `${FREE}, glibc`,
    `glibc ${FREE}`,
    `${FREE}=`,
    `${FREE}>1>2`,
    `${FREE}\u00a0glibc`,
    `${FREE.replace("c", "\u0441")}`,
  ])("are not %s", (name) => {
    for (const claim of ["replaces", "conflict", "provides", "group"]) {
      expect(faultOf(FREE, `${claim} = ${FREE}`, `${claim} = ${name}`)).toContain("is not a name of this worker");
    }
    expect(faultOf(FREE, `pkgbase = ${name}`)).toContain("is not a name of this worker");
  });

  it("are refused for every claim beyond them", () => {
    const claim = fc.constantFrom("replaces", "conflict", "provides", "group");
    const name = fc.string({ unit: "grapheme-ascii", minLength: 1 }).filter((text) => text.trim() !== "");
    fc.assert(
      fc.property(claim, name, (field, value) => {
        const [base = ""] = value.trim().split(/[<>=]/);
        fc.pre(!ownNames(FREE).has(base));
        expect(faultOf(FREE, `${field} = ${value}`)).not.toBeNull();
      }),
    );
  });
});

describe("the other fields of a package", () => {
  it.each([
    ["depend = gcc-libs", "depend = glibc>=2.39", "depend = libcuda.so=1-64", "depend = lib:libcuda.so.1"],
    ["optdepend = cuda: for NVIDIA GPUs", "optdepend = rocm", "optdepend = vulkan-icd-loader>=1:1.3: for others"],
    ["url = https://rbee.dev/workers?x=1", "license = LicenseRef-rbee-premium", "packager = Ada <ada@example.com>"],
  ])("may be %s", (...lines) => {
    expect(faultOf(FREE, ...lines)).toBeNull();
  });

  it.each([
    "depend = a b",
    "depend = $(id)",
    "depend = -a",
    "depend = cuda: for all",
    "makedepend = ../x",
    "checkdepend = a/b",
    "optdepend = a b: c",
    "url = javascript:alert(1)",
    "url = file:///etc/passwd",
    "url = https://user@evil.example/",
    "url = https:///x",
    "pkgdesc = to the left \u202etfel eht ot",
    "size = 1234567890123456",
  ])("are refused as %j", (line) => {
    expect(faultOf(FREE, line)).not.toBeNull();
  });
});

describe("the files of a package", () => {
  it.each([
    "usr/",
    `usr/local/bin/${FREE}`,
    `usr/bin/${FREE}-bench`,
    "usr/lib/worker/kernel.so",
    `usr/lib/systemd/system/${FREE}.service`,
    `usr/lib/systemd/system/${FREE}@.service`,
    "usr/share/licenses/x/LICENSE",
    "opt/rbee/worker",
    "etc/",
    `etc/${FREE}/worker.toml`,
    `var/lib/${FREE}/cache`,
  ])("may be %s", (path) => {
    expect(faultOfPaths(FREE, ["usr/", path])).toBeNull();
  });

  it.each([
    "etc/pacman.d/mirrorlist",
    "etc/pacman.conf",
    `etc/pacman.d/hooks/${FREE}.hook`,
    `usr/share/libalpm/hooks/${FREE}.hook`,
    "usr/share/libalpm/",
    "var/lib/pacman/local/x/desc",
    "etc/ld.so.preload",
    "etc/passwd",
    "etc/sudoers.d/rbee",
    "usr/bin/sudo",
    "usr/local/bin/pacman",
    `usr/local/bin/${FREE}x`,
    "usr/lib/systemd/system/sshd.service",
    "usr/lib/modprobe.d/x.conf",
    "boot/vmlinuz-linux",
    "home/ada/.bashrc",
    "root/.ssh/authorized_keys",
    ".INSTALL",
    "usr",
  ])("are not %s", (path) => {
    expect(faultOfPaths(FREE, ["usr/", path])).toContain("is not a place for a worker");
  });
});
