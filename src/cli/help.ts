import { type Command, Help, type HelpConfiguration, Option } from "commander";

/** The columns that the usage line of a command may have. */
const WIDTH = 80;

/**
 * The help of a command: its usage names every required option, required options come first and are marked, and a
 * command of the program is shown by its name alone, because a module that is not loaded does not know its arguments.
 */
export const HELP_CONFIGURATION: HelpConfiguration = {
  showGlobalOptions: true,
  commandUsage: usageOf,
  visibleOptions: (command) => {
    const own = Help.prototype.visibleOptions.call(new Help(), command);
    const options = command.parent === null ? [VERSION_OPTION, ...own] : own;
    return [...options.filter(isRequired), ...options.filter((option) => !isRequired(option))];
  },
  optionDescription: (option) => {
    const description = Help.prototype.optionDescription.call(new Help(), option);
    return isRequired(option) ? `${description} (required)` : description;
  },
  subcommandTerm: (command) =>
    command.parent?.parent == null ? command.name() : Help.prototype.subcommandTerm.call(new Help(), command),
};

/** `runProgram` carries it out: as an option of the program it would also be found behind a command. */
const VERSION_OPTION = new Option("-V, --version", "print the version of this command");

const isRequired = ({ mandatory }: Option): boolean => mandatory;

/** An option as the usage line shows it: its long flag with its value. */
const flagsOf = ({ long, short, flags }: Option): string => {
  const value = /[<[].*$/.exec(flags)?.[0];
  return [long ?? short, value].filter(Boolean).join(" ");
};

/** The usage of a command, broken into lines. */
function usageOf(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  const parts = [
    ...(command.commands.length > 0 ? ["<command>"] : []),
    ...command.registeredArguments
      .map((argument) => Help.prototype.argumentTerm.call(new Help(), argument))
      .map(inBrackets),
    ...command.options.filter(isRequired).map(flagsOf),
    "[options]",
  ];
  const lines = [names.join(" ")];
  for (const part of parts) {
    const last = lines.length - 1;
    const longer = `${lines[last]} ${part}`;
    if (`Usage: ${longer}`.length <= WIDTH) lines[last] = longer;
    else lines.push(`         ${part}`);
  }
  return lines.join("\n");

  function inBrackets(name: string, index: number): string {
    const { required, variadic } = command.registeredArguments[index] ?? { required: false, variadic: false };
    const dots = variadic ? "..." : "";
    return required ? `<${name}${dots}>` : `[${name.replace(/\.\.\.$/, "")}${dots}]`;
  }
}
