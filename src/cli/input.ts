import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { InvalidArgumentError } from "commander";
import { DAY, toRfc3339 } from "../lib/time.ts";
import { CliError, EXIT } from "./errors.ts";

/** Parses a whole number of 1 or more. */
export function positiveInteger(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError("Give a whole number of 1 or more.");
  return value;
}

/** Parses a day such as 2026-11-01. */
export function day(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  throw new InvalidArgumentError("Give a day such as 2026-11-01.");
}

/** Parses a date (its start in UTC), an RFC 3339 time, or days from now (`30d`). Returns RFC 3339 in UTC. */
export function moment(text: string, now = Date.now()): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  if (days !== undefined) return toRfc3339(Math.floor(now / 1000) + Number(days) * DAY);
  const date = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const at = date === null ? Number.NaN : Date.parse(text);
  // Date.parse turns February 30 into a day in March.
  const day = date?.[1] === undefined ? Number.NaN : Date.parse(`${date[1]}T00:00:00Z`);
  if (Number.isNaN(at) || Number.isNaN(day) || !new Date(day).toISOString().startsWith(date?.[1] ?? "-")) {
    throw new InvalidArgumentError("Give a date (2027-01-31), an RFC 3339 time, or days from now (30d).");
  }
  return toRfc3339(Math.floor(at / 1000));
}

/**
 * Reads a secret from standard input, trimmed, so that it appears neither in `ps` nor in the shell's history. A
 * terminal gets a prompt with a hidden answer. Throws `CliError` if the input is empty. Ctrl-C ends the command.
 */
export async function readSecretFromStdin(name: string): Promise<string> {
  const secret = (process.stdin.isTTY ? await askHidden(name) : await text(process.stdin)).trim();
  if (secret === "") throw new CliError(EXIT.usage, `${name} was expected on standard input.`);
  return secret;
}

async function askHidden(name: string): Promise<string> {
  // Readline takes over the terminal's echo, and this stream drops it.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  process.stderr.write(`${name}, not shown: `);
  const answer = await new Promise<string | null>((resolve) => {
    prompt.once("line", resolve);
    prompt.once("close", () => resolve(""));
    prompt.once("SIGINT", () => resolve(null));
  });
  prompt.close();
  process.stderr.write("\n");
  // Readline puts the terminal into raw mode, so Ctrl-C sends no signal by itself.
  if (answer === null) process.kill(process.pid, "SIGINT");
  return answer ?? "";
}

/** Asks on the terminal, and returns the answer in one line; "" at the end of the input. Ctrl-C ends the command. */
export async function askOnTerminal(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await new Promise<string | null>((resolve) => {
    prompt.question(question, resolve);
    prompt.once("close", () => resolve(""));
    prompt.once("SIGINT", () => resolve(null));
  });
  prompt.close();
  if (answer === null) process.kill(process.pid, "SIGINT");
  return answer ?? "";
}

/**
 * Asks a person on the terminal. They agree by typing `word`. Returns whether they did. Throws `CliError` (usage)
 * without a terminal.
 */
export async function confirm(question: string, word: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError(EXIT.usage, "There is no terminal to ask on. Add --yes to go on without a question.");
  }
  return (await askOnTerminal(`${question} Type ${word} to agree: `)).trim() === word;
}
