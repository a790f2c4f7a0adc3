import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Machine } from "../../../src/cli/hive/probe/facts.ts";

/**
 * Machines of others, for the probes of `rbee-catalog` and of install.sh. The files and the output of the tools are
 * drawn from the named public sources. Each tool is a stand-in that prints them.
 */
export type OtherMachine = {
  name: string;
  /** The report or the manual that has the output. */
  source: string;
  files?: Readonly<Record<string, string>>;
  /** By path or, in the PATH, by name: the body of a shell script. */
  programs?: Readonly<Record<string, string>>;
  /** The expected facts beside `COMMON_FACTS` and the platform. */
  expected: Omit<Machine, "platform" | "memory_bytes" | "cpu_features">;
  /** Whether a tool of the machine never ends. */
  hangs?: true;
  /** Words of the remark about facts that are not known. */
  doubt?: RegExp;
};

/** The body of a stand-in that prints a text. */
export const print = (text: string): string => `cat <<'END'\n${text}\nEND\n`;

/** The programs of a system with glibc, and the facts about it. */
export const glibc = { getconf: `case $1 in LONG_BIT) echo 64 ;; GNU_LIBC_VERSION) echo 'glibc 2.35' ;; esac\n` };
export const onGlibc = { userland_bits: 64, libc: { name: "glibc", version: "2.35" } } as const;

/** The files of a display controller on the PCI bus, by its vendor. */
export const card = (vendor: string): Record<string, string> => ({
  "/sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
  "/sys/bus/pci/devices/0000:01:00.0/vendor": `${vendor}\n`,
});

/** The memory and the processor's features of each of these machines. */
export const COMMON_FACTS = { cpu_features: ["fpu", "sse4_2", "avx2"], memory_bytes: 8 * 1024 ** 3 };
const COMMON_FILES = {
  "/proc/meminfo": "MemTotal:        8388608 kB\nMemFree:          812345 kB\n",
  "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu sse4_2 avx2\nbugs\t\t: spectre_v1\n",
};

/** Commands of the system that the shell's probe runs. */
const COMMANDS = "sh cat cut grep head kill od rm sed sleep tr uname";

/** Lays the files and programs of a machine below `root`. Returns the PATH with them and the plain commands alone. */
export function layMachine(
  root: string,
  { files = {}, programs = {} }: Pick<OtherMachine, "files" | "programs">,
): string {
  mkdirSync(join(root, "bin"), { recursive: true });
  const lay = (path: string, text: string): string => {
    const at = join(root, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  };
  for (const [path, text] of Object.entries({ ...COMMON_FILES, ...files })) lay(path, text);
  for (const [path, text] of Object.entries(programs)) {
    chmodSync(lay(path.startsWith("/") ? path : `/bin/${path}`, `#!/bin/sh\n${text}`), 0o755);
  }
  for (const command of COMMANDS.split(" ")) {
    const at = execFileSync("sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
    symlinkSync(at.startsWith("/") ? at : `/bin/${command}`, join(root, "bin", command));
  }
  return join(root, "bin");
}
