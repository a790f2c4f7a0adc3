import { once } from "node:events";
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

/**
 * Parses a time in the future or past: `2027-01-31` (the start of that day in UTC), an RFC 3339 time, or a number of days
 * from now (`30d`). Returns RFC 3339 in UTC.
 */
export function moment(text: string, now = Date.now()): string {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  if (days !== undefined) return toRfc3339(Math.floor(now / 1000) + Number(days) * DAY);
  const date = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  const at = date === null ? Number.NaN : Date.parse(text);
  // Date.parse rolls the 30th of February over into March.
  const day = date?.[1] === undefined ? Number.NaN : Date.parse(`${date[1]}T00:00:00Z`);
  if (Number.isNaN(at) || Number.isNaN(day) || !new Date(day).toISOString().startsWith(date?.[1] ?? "-")) {
    throw new InvalidArgumentError("Give a date (2027-01-31), an RFC 3339 time, or days from now (30d).");
  }
  return toRfc3339(Math.floor(at / 1000));
}

/**
 * A secret from standard input, without the blanks around it: where neither `ps` nor the shell's history sees it. At a terminal a
 * line is asked for, and not shown. Throws `CliError` where there is none; Ctrl-C ends the command.
 */
export async function readSecretFromStdin(what: string): Promise<string> {
  const secret = (process.stdin.isTTY ? await askHidden(what) : await text(process.stdin)).trim();
  if (secret === "") throw new CliError(EXIT.usage, `${what} was expected on standard input.`);
  return secret;
}

async function askHidden(what: string): Promise<string> {
  // Readline takes the echo over from the terminal, and this drops it.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output, terminal: true });
  let answer = "";
  let interrupted = false;
  prompt.once("line", (line) => {
    answer = line;
    prompt.close();
  });
  prompt.once("SIGINT", () => {
    interrupted = true;
    prompt.close();
  });
  process.stderr.write(`${what}, not shown: `);
  await once(prompt, "close");
  process.stderr.write("\n");
  // As the terminal would have, had it not been told to pass every key on.
  if (interrupted) process.kill(process.pid, "SIGINT");
  return answer;
}
