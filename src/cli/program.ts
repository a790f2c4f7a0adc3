import { Command } from "commander";
import { addEventsCommands } from "./commands/events.ts";
import { addHiveCommands } from "./commands/hive.ts";
import { addKeysCommands } from "./commands/keys.ts";
import { addLicenseCommands, addMachineCommands } from "./commands/license.ts";
import { addAuditCommand, addRepublishCommand, addStatsCommand } from "./commands/operations.ts";
import { addPlansCommands } from "./commands/plans.ts";
import { addReleaseCommands } from "./commands/release.ts";
import { addTokenCommands } from "./commands/token.ts";
import { addVerifyCommand } from "./commands/verify.ts";

const HELP = `
Configuration, first that is set:
  catalog      --url, RBEE_CATALOG_URL, where this machine is activated,
               this checkout's running \`npm start\`, https://catalog.rbee.dev
  admin token  RBEE_ADMIN_TOKEN,
               else the development server's (for its own URL only)
  license key  RBEE_LICENSE_KEY, where this machine is activated,
               else the development server's (for its own URL only)
  machine      RBEE_MACHINE, else a hash of this machine's id

Exit status: 0 done, 1 failed, 2 wrong usage, 3 not authorized, 4 not found,
5 refused by the license or the release, 6 integrity check failed,
7 catalog not reachable (try again later).

Examples:
  $ rbee-catalog license issue --plan premium-trial --email ada@example.com
  $ rbee-catalog activate --key-stdin
  $ rbee-catalog install llm-worker-rbee-premium-cpu
`;

/**
 * The `rbee-catalog` command line. Parsing runs the command; what it throws is the caller's to report, with `json` also what is wrong
 * with the command line, which is told in words otherwise.
 */
export function createProgram({ json = false } = {}): Command {
  const program = new Command("rbee-catalog")
    .description("Licenses, releases and installed workers of an rbee worker catalog.")
    .option("--url <url>", "the catalog to talk to")
    .option("--json", "print results as JSON, and errors as JSON on stderr")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", HELP)
    .configureOutput(json ? { writeErr: () => {} } : {})
    .exitOverride();
  addLicenseCommands(program);
  addMachineCommands(program);
  addReleaseCommands(program);
  addPlansCommands(program);
  addEventsCommands(program);
  addAuditCommand(program);
  addStatsCommand(program);
  addRepublishCommand(program);
  addTokenCommands(program);
  addKeysCommands(program);
  addHiveCommands(program);
  addVerifyCommand(program);
  return program;
}
