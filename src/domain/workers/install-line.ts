/**
 * The shell line that installs `worker` from the catalog at `catalogUrl`; null: the best free worker for the machine.
 * For a premium worker it prompts for the key, so no command line shows it.
 */
export const installLine = (catalogUrl: string, worker: string | null): string =>
  `curl -fsSL ${catalogUrl}/install.sh | sh${worker === null ? "" : ` -s -- ${worker}`}`;

/** The shell line that installs the `rbee-catalog` command from the catalog at `catalogUrl`. */
export const commandLine = (catalogUrl: string): string => `curl -fsSL ${catalogUrl}/install.sh | sh -s -- --cli`;
