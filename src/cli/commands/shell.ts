import { InvalidArgumentError } from "commander";
import type { CatalogCommand } from "../command.ts";
import { completionFor, SHELLS, type Shell } from "../completion.ts";
import { manPage } from "../man-page.ts";
import { createProgram, HELP } from "../program.ts";
import { VERSION } from "../version.ts";

/** Adds `completion` and `man`, which are made of all commands. */
export function addShellCommands(program: CatalogCommand): void {
  const { io } = program;
  program
    .command("completion")
    .description(
      "Prints the script that completes commands and options in a shell. Its first lines say where to put it.",
    )
    .argument("<shell>", SHELLS.join(", "), shell)
    .addHelpText("after", "\nExample, for this bash:\n  $ source <(rbee-catalog completion bash)")
    .action(async (wanted: Shell) => io.stdout(completionFor(await createProgram({ io }), wanted)));

  program
    .command("man")
    .description("Prints the manual page, for man(1).")
    .addHelpText("after", "\nExample:\n  $ rbee-catalog man > ~/.local/share/man/man1/rbee-catalog.1")
    .action(async () => io.stdout(manPage(await createProgram({ io }), { version: VERSION, help: HELP })));
}

function shell(text: string): Shell {
  const known = SHELLS.find((one) => one === text);
  if (known === undefined) throw new InvalidArgumentError(`Give one of ${SHELLS.join(", ")}.`);
  return known;
}
