import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { runCli } from "../support/node/run-cli.ts";

const script = async (shell: string): Promise<string> => (await runCli(["completion", shell], {})).stdout;

const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

/** The candidates of bash for a line that ends in the word to complete. */
async function candidates(...words: string[]): Promise<string[]> {
  const line = ["rbee-catalog", ...words].map((word) => `'${word}'`).join(" ");
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _rbee_catalog; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, status } = spawnSync("bash", ["-c", `${await script("bash")}\n${ask}`], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\n").filter((word) => word !== "");
}

describe("the completion for bash", () => {
  it("completes commands, the commands of a group, and options", async () => {
    expect(await candidates("up")).toEqual(["upgrade"]);
    expect(await candidates("license", "re")).toEqual(["revoke", "reinstate", "refund"]);
    expect(await candidates("license", "erase", "lic_1", "--re")).toEqual(["--reason"]);
    expect(await candidates("release", "list", "--st")).toEqual(["--status"]);
    expect(await candidates("--u")).toEqual(["--url"]);
  });

  it("leaves file names to the shell, also for the value of an option", async () => {
    expect(await candidates("release", "publish", "dist/")).toEqual([]);
    expect(await candidates("release", "publish", "--sign-key", "")).toEqual([]);
  });
});

describe.each(["zsh", "fish"])("the completion for %s", (shell) => {
  it("names every command, and how to load it", async () => {
    const text = await script(shell);
    expect(text).toContain(`rbee-catalog completion ${shell} >`);
    for (const command of (await createProgram()).commands) expect(text).toContain(command.name());
    expect(text).toContain("release publish");
  });

  it.skipIf(!has(shell))("is a script that the shell accepts", async () => {
    const { status, stderr } = spawnSync(shell, ["-n"], { input: await script(shell), encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});

it("completion refuses another shell", async () => {
  const { code, stderr } = await runCli(["completion", "csh"], {});
  expect([code, stderr]).toEqual([2, expect.stringContaining("Give one of bash, zsh, fish.")]);
});

describe("the manual page", () => {
  it("has each command with its options", async () => {
    const { stdout } = await runCli(["man"], {});
    expect(stdout).toContain('.TH RBEE-CATALOG 1 ""');
    expect(stdout).toContain(".SS rbee\\-catalog license erase <license> \\-\\-reason <text> [options]");
    expect(stdout).toContain(".B \\-r, \\-\\-reason <text>\n");
    expect(stdout).toContain("Exit status: 0 done");
  });

  it.skipIf(!has("groff"))("is set by groff without a warning", async () => {
    const { stdout } = await runCli(["man"], {});
    const set = spawnSync("groff", ["-man", "-Tutf8", "-ww"], { input: stdout, encoding: "utf8" });
    expect([set.status, set.stderr]).toEqual([0, ""]);
    // groff types bold letters twice, one over the other.
    const shown = set.stdout.split("\b").map((part, index, all) => (index < all.length - 1 ? part.slice(0, -1) : part));
    expect(shown.join("")).toContain("WORKERS ON THIS MACHINE");
  });
});
