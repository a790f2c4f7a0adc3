import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { createProgram } from "../../src/cli/program.ts";

const guide = await readFile(new URL("../../docs/publishing.md", import.meta.url), "utf8");

/** The texts of the guide's code blocks in a language. */
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text = ""]) => text);

const Step = z.looseObject({ run: z.string().optional(), uses: z.string().optional() });
const Workflow = z.object({
  name: z.literal("release"),
  on: z.object({ push: z.object({ tags: z.array(z.string()) }) }),
  permissions: z.object({}).strict(),
  jobs: z.object({
    release: z.object({
      "runs-on": z.string(),
      environment: z.literal("release"),
      permissions: z.object({
        contents: z.literal("read"),
        "id-token": z.literal("write"),
        attestations: z.literal("write"),
      }),
      env: z.record(z.string(), z.string()),
      steps: z.array(Step),
    }),
  }),
});

/** The calls of `rbee-catalog` in the guide, without line breaks, comments and what the shell does with them. */
const calls = [
  ...blocks("sh"),
  ...blocks("yaml"),
  ...[...guide.matchAll(/`(rbee-catalog [^`]*)`/g)].map(([, call = ""]) => call),
]
  .flatMap((text) => text.replaceAll(/\s*\\\n\s*/g, " ").split("\n"))
  .flatMap((line) => /rbee-catalog\s+(.*)$/.exec(line.replace(/\s+#.*$/, ""))?.[1] ?? []);

/** The command that a call names, and the words after it. */
function commandOf(words: readonly string[], command: Command): { command: Command; rest: readonly string[] } {
  const [first] = words;
  const sub = command.commands.find((one) => one.name() === first);
  return sub ? commandOf(words.slice(1), sub) : { command, rest: words };
}

describe("docs/publishing.md", () => {
  it("has a whole workflow of about 30 lines, with no more permissions than it needs", () => {
    const [workflow = "", ...parts] = blocks("yaml");
    expect(Workflow.parse(parse(workflow)).jobs.release.steps.length).toBe(5);
    expect(workflow.split("\n").length).toBeLessThan(40);
    for (const part of parts) expect(z.array(Step).safeParse(parse(part)).success).toBe(true);
  });

  it("puts no value of an event or a step into a shell's text", () => {
    for (const text of blocks("yaml")) expect(text).not.toMatch(/^\s+(cd|npx|\(umask|run: \S).*\$\{\{/m);
  });

  it("calls only commands and options that exist", async () => {
    expect(calls.length).toBeGreaterThan(15);
    const program = await createProgram();
    for (const call of calls) {
      const { command, rest } = commandOf(call.split(/\s+/), program);
      expect(command.commands.length, call).toBe(0);
      const known = [command, command.parent, command.parent?.parent].flatMap((one) => one?.options ?? []);
      for (const flag of rest.filter((word) => /^--[a-z]/.test(word))) {
        expect(
          known.map(({ long }) => long),
          call,
        ).toContain(flag);
      }
    }
  });
});
