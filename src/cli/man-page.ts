import type { Command, Option } from "commander";
import { AUDIENCES } from "./command-table.ts";
import { type Place, placesOf } from "./command-tree.ts";
import { HELP_CONFIGURATION } from "./help.ts";

/** The manual page of a whole program in the macros of man(7). `help` is the text at the end of the program's help. */
export function manPage(program: Command, { version, help }: { version: string; help: string }): string {
  const [root, ...places] = placesOf(program);
  if (root === undefined) return "";
  const groups = Object.values(AUDIENCES).map((heading) => {
    const names = root.command.commands.filter((command) => command.helpGroup() === heading).map((one) => one.name());
    const own = places.filter(
      ({ words, children }) => children.length === 0 && names.includes(words.split(" ")[0] ?? ""),
    );
    return [`.SH ${escaped(heading.replace(/:$/, "")).toUpperCase()}`, ...own.flatMap(entryOf)];
  });
  return [
    `.TH RBEE-CATALOG 1 "" "rbee-catalog ${escaped(version)}" "User Commands"`,
    ".SH NAME",
    "rbee\\-catalog \\- licenses, releases and installed workers of an rbee worker catalog",
    ".SH SYNOPSIS",
    ".B rbee\\-catalog",
    "\\fIcommand\\fR [\\fIoptions\\fR]",
    ".SH DESCRIPTION",
    "Each command has",
    ".B \\-\\-help",
    "as well.",
    ".SH OPTIONS",
    ...root.options.flatMap(optionOf),
    ...groups.flat(),
    ".SH CONFIGURATION, EXIT STATUS AND EXAMPLES",
    ".nf",
    ...help.trim().split("\n").map(escaped),
    ".fi",
    "",
  ].join("\n");
}

function entryOf({ command, options }: Place): string[] {
  const usage = HELP_CONFIGURATION.commandUsage?.(command) ?? "";
  const own = [...options.filter(({ mandatory }) => mandatory), ...options.filter(({ mandatory }) => !mandatory)];
  return [
    `.SS ${escaped(usage.replaceAll(/\s+/g, " "))}`,
    escaped(sentence(command.description() || command.summary())),
    ...command.registeredArguments.flatMap((argument) => [
      ".TP",
      `.I ${escaped(argument.name())}`,
      escaped(argument.description),
    ]),
    ...own.flatMap(optionOf),
  ];
}

const optionOf = (option: Option): string[] => [
  ".TP",
  `.B ${escaped(option.flags)}`,
  escaped(option.mandatory ? `${option.description} (required)` : option.description),
];

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1).replace(/([^.])$/, "$1.");

/** A text of one line for roff: no escape, and no request at its beginning. */
const escaped = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/, "\\&")
    .replaceAll("\n", " ");
