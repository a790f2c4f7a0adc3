import type { Command, Option } from "commander";

/** A command as completion and manual show it. */
export type Place = {
  /** The words of the command without the program's: `license issue`. Empty for the program. */
  words: string;
  command: Command;
  /** The names and summaries of its subcommands. */
  children: readonly { name: string; summary: string }[];
  options: readonly Option[];
};

/** Every command of a whole program, the program first, and a group before its commands. */
export function placesOf(program: Command, words = ""): Place[] {
  const children = program.commands.map((command) => ({ name: command.name(), summary: command.summary() }));
  const own = { words, command: program, children, options: program.options };
  return [
    own,
    ...program.commands.flatMap((command) =>
      placesOf(command, words === "" ? command.name() : `${words} ${command.name()}`),
    ),
  ];
}

/** The flags of an option: `["-r", "--reason"]`. */
export const flagsOf = ({ short, long }: Option): string[] => [short, long].filter((flag) => flag != null);

/** Whether an option has a value. */
export const hasValue = ({ required, optional }: Option): boolean => required || optional;
