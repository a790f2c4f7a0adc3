import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { VERSION } from "../../src/cli/version.ts";
import { PROJECT } from "../development/paths.ts";
import { OLDEST_NODE } from "./bundle.ts";
import { COMMAND } from "./command-files.ts";

const README = `# rbee-catalog

Lists, licenses, installs and publishes rbee workers. It needs Node.js ${OLDEST_NODE} or newer and nothing else.

    npx rbee-catalog --help

The whole reference is \`docs/cli.md\` in the sources of rbee-worker-catalog.
`;

const Manifest = z.object({ license: z.string(), description: z.string() });

/** Writes the folder that `npm pack` makes the package `rbee-catalog` of. The command has no dependency. */
export async function writeNpmPackage(folder: string, command: string): Promise<void> {
  const { license } = Manifest.parse(JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8")));
  const manifest = {
    name: "rbee-catalog",
    version: VERSION,
    description: "Lists, licenses, installs and publishes rbee workers.",
    license,
    type: "module",
    engines: { node: `>=${OLDEST_NODE}` },
    bin: { "rbee-catalog": COMMAND },
    files: [COMMAND],
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, COMMAND), command, { mode: 0o755 });
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await writeFile(join(folder, "README.md"), README);
  await copyFile(join(PROJECT, "LICENSE"), join(folder, "LICENSE"));
}
