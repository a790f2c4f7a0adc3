import { once } from "node:events";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { CliError, EXIT } from "./exit-code.ts";

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
