import { text } from "node:stream/consumers";
import { CliError, EXIT } from "./exit-code.ts";

/** A secret from standard input, without the blanks around it: where neither `ps` nor the shell's history sees it. */
export async function readSecretFromStdin(what: string): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write(`${what}, then Ctrl-D: `);
  const secret = (await text(process.stdin)).trim();
  if (secret === "") throw new CliError(EXIT.usage, `${what} was expected on standard input.`);
  return secret;
}
