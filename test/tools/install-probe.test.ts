import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installed } from "../support/node/installed.ts";
import { COMMON_FACTS, layMachine, type OtherMachine } from "../support/node/machines.ts";
import { NVIDIA_MACHINES } from "../support/node/nvidia-machines.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { OTHER_MACHINES } from "../support/node/other-machines.ts";

/** The probe of install.sh, against the machines that the probe of `rbee-catalog` is tested with. */
const SHELLS = ["dash", "bash --posix", "busybox sh"].filter((shell) => installed(shell.replace(/ .*/, "")));
const MACHINES = [...NVIDIA_MACHINES, ...OTHER_MACHINES];

/** The absolute paths in the parts that are facts of the machine. */
const FACTS = /(?<![\w.*}])\/(?=(?:proc|sys|etc|opt|lib|lib64|usr\/lib|dev(?!\/(?:null|tty|urandom)))\/)/g;

/** A script that prints the facts, and reads those of the machine below `root`. */
function probeBelow(root: string, { hangs }: OtherMachine): string {
  const parts = ["probe", "gpu", "tools"].map((part) =>
    readFileSync(join(import.meta.dirname, `../../src/formats/install/script/${part}.sh`), "utf8"),
  );
  const text = parts.join("\n").replace(FACTS, `${root}/`);
  // A slow machine must not end a stand-in that answers.
  const patient = hangs ? text : text.replace("for pause in 0.1", `for pause in ${"0.1 ".repeat(600)}`);
  return `set -eu\nLC_ALL=C\nplatform=linux-x86_64\nother=\nsystem=linux\nwork=${root}\n${patient}\nfind_facts\nprintf '{%s}' "$facts"\n`;
}

describe.each(SHELLS)("the probe in %s", (shell) => {
  it.each(MACHINES)("finds $name", async (machine) => {
    const root = workDirectory();
    const PATH = layMachine(root, machine);
    execFileSync("chmod", ["-R", "a+rwX", root]);
    const [program = "", ...args] = shell.split(" ");
    const path = execFileSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" }).trim();
    const { code, stdout, stderr } = await runAsUser(root, [path, ...args, "-c", probeBelow(root, machine)], { PATH });
    expect([code, JSON.parse(stdout)]).toEqual([0, { platform: "linux-x86_64", ...COMMON_FACTS, ...machine.expected }]);
    expect(stderr.replaceAll(root, "")).toMatch(machine.doubt ?? /^$/);
  });
});
