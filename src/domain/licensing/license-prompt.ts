/**
 * Shell commands (bash or zsh) that need a license key, as one that waits for it first, without showing it or leaving it in the
 * shell's history, and then has it in `variable`. One command, because of several that are pasted `read` would take the next.
 */
export const withLicensePrompt = (variable: string, ...commands: string[]): string =>
  [`read -rs ${variable} && export ${variable}`, ...commands].join(" &&\n");

/**
 * The command that takes a seat for this machine, at the catalog whose origin is `catalogUrl`. It asks for the key, which so is
 * on no command line.
 */
export const activationCommand = (catalogUrl: string): string =>
  `rbee-catalog --url ${catalogUrl} activate --key-stdin`;
