import { CliError, EXIT } from "./errors.ts";

/** The words for each fault of a command line, by Commander's code. They get the parts that the pattern captures. */
const FAULTS: Readonly<Record<string, readonly [RegExp, (...parts: string[]) => string]>> = {
  "commander.missingMandatoryOptionValue": [/option '(.+)' not specified/, (flags) => `${longFlag(flags)} is missing.`],
  "commander.missingArgument": [/argument '(.+)'/, (name) => `<${name}> is missing.`],
  "commander.optionMissingArgument": [/option '(.+)' argument/, (flags) => `${longFlag(flags)} needs a value.`],
  "commander.unknownOption": [/option '(.+)'/, (flag) => `There is no option ${flag} here.`],
  "commander.unknownCommand": [/command '(.+)'/, (name) => `There is no command ${name}.`],
  "commander.excessArguments": [/Expected (\d+)/, (count) => `Too many arguments: this command takes ${count}.`],
};

/** The flags of an option without the short one: `-r, --reason <text>` becomes `--reason <text>`. */
const longFlag = (flags: string): string => flags.replace(/^-\w, /, "");

/**
 * A fault of the command line as an error in the words of this command. `message` and `code` are Commander's; `command`
 * is the command with its parents. The error points to its help.
 */
export function usageError(message: string, code: string | undefined, command: string): CliError {
  const text = message.replace(/^error: /, "");
  const advice = ` See \`${command} --help\`.`;
  const meant = /\(Did you mean (.+)\?\)/.exec(text)?.[1];
  const suggestion = meant === undefined ? "" : ` Did you mean ${meant}?`;
  const [pattern, words] = FAULTS[code ?? ""] ?? [];
  const parts = pattern?.exec(text)?.slice(1);
  if (words && parts) return new CliError(EXIT.usage, words(...parts) + suggestion + advice);
  // A parser of ours has refused a value: `option '--limit <n>' argument 'x' is invalid. Give a whole number.`
  const [, flags, value, reason] = /^option '(.+)' argument '(.*)' is invalid\. (.+)$/s.exec(text) ?? [];
  if (flags !== undefined) {
    return new CliError(EXIT.usage, `${longFlag(flags).replace(/ .*/, "")} ${value}: ${reason}`);
  }
  return new CliError(EXIT.usage, `${text.replace(/[.\s]*$/, ".")}${advice}`);
}
