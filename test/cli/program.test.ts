import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { VERSION } from "../../src/cli/version.ts";
import { runCli } from "../support/node/run-cli.ts";

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

const nowhere = { RBEE_CATALOG_URL: "http://127.0.0.1:9", RBEE_ADMIN_TOKEN: "", DEV_DIR: "/nonexistent" };

describe("the command line", () => {
  it("has a summary for each command", async () => {
    const program = await createProgram();
    for (const command of [...program.commands, ...leaves(program)]) {
      expect([command.name(), command.summary()]).toEqual([command.name(), expect.stringMatching(/^\w.{10,}/)]);
    }
  });

  it("has help for each command that fits into 80 columns", async () => {
    let help = "";
    const program = await createProgram();
    for (const command of [program, ...program.commands, ...leaves(program)]) {
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    }
    expect(help).toContain("Exit status");
    expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("shows the same commands whether their modules are loaded or not", async () => {
    const shown = (program: Command) => program.commands.map((command) => [command.name(), command.summary()]);
    const [whole, light] = [await createProgram(), await createProgram({ words: [] })];
    expect(shown(light)).toEqual(shown(whole));
    expect(light.helpInformation()).toBe(whole.helpInformation());
  });

  it("has package.json's version", async () => {
    const { version } = JSON.parse(await readFile("package.json", "utf8"));
    expect(VERSION).toBe(version);
    for (const flag of ["--version", "-V"]) {
      expect(await runCli([flag], nowhere)).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    }
    const install = await runCli(["install", "--version", "no version", "--help"], nowhere);
    expect(install.stdout).toContain("Usage: rbee-catalog install");
  });

  it("exits with 2 for a wrong command line and prints the reason", async () => {
    const { code, stderr } = await runCli(["license", "issue", "--plan", "premium-trial"], nowhere);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--email")]);
    expect((await runCli(["frobnicate"], nowhere)).code).toBe(2);
    expect((await runCli(["--help"], nowhere)).code).toBe(0);
  });

  it.each([
    [["license", "erase", "lic_1"], "--reason <text> is missing. See `rbee-catalog license erase --help`."],
    [["license", "show"], "<license> is missing."],
    [["license", "erase", "lic_1", "--reason"], "--reason <text> needs a value."],
    [["license", "lst"], "There is no command lst. Did you mean list? See `rbee-catalog license --help`."],
    [["status", "--oflline"], "There is no option --oflline here."],
    [["status", "now"], "Too many arguments: this command takes 0."],
    [["audit", "--limit", "many"], "--limit many: Give a whole number of 1 or more."],
  ])("says in its own words that %j is wrong", async (words, message) => {
    const { code, stderr } = await runCli(words, nowhere);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`rbee-catalog: ${message}`)]);
  });

  it("marks required options, and names them in the usage", async () => {
    const { stdout } = await runCli(["license", "extend", "--help"], nowhere);
    expect(stdout).toContain("Usage: rbee-catalog license extend <license> --reason <text> [options]");
    expect(stdout).toMatch(/Options:\n {2}-r, --reason <text> .*\n? .*\(required\)/);
  });

  it("lists the commands of a user first, and those of an operator last", async () => {
    const { stdout } = await runCli(["--help"], nowhere);
    expect(stdout.match(/^[A-Z][^\n]*:$/gm)).toEqual([
      ...["Options:", "Workers on this machine:", "Publishing:", "Licenses and money:", "Running a catalog:"],
      ...["Your shell:", "The first setting that is found counts:", "Examples:"],
    ]);
  });

  it("prints a missing credential and a wrong command line as JSON with --json", async () => {
    const { code, stdout, stderr } = await runCli(["stats", "--json"], nowhere);
    expect([code, stdout]).toEqual([3, ""]);
    expect(JSON.parse(stderr)).toEqual({ message: expect.stringContaining("RBEE_ADMIN_TOKEN"), exit_code: 3 });
    const wrong = await runCli(["license", "issue", "--json"], nowhere);
    expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
    expect(JSON.parse(wrong.stderr)).toEqual({ message: expect.stringContaining("--plan"), exit_code: 2 });
  });
});
