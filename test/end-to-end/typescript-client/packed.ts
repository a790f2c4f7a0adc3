import { execFile } from "node:child_process";
import { cp, mkdir, readdir, realpath, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { PROJECT } from "../../../scripts/development/paths.ts";

const run = promisify(execFile);

export const CLIENT = join(PROJECT, "clients/typescript");

/** The programs of the project's packages come first, as in a script of npm. */
const env = { ...process.env, PATH: [join(PROJECT, "node_modules/.bin"), process.env["PATH"]].join(delimiter) };

/** Runs a program of the project's packages in a folder. Rejects with its output if it fails. */
export async function runIn(folder: string, program: string, ...args: string[]): Promise<string> {
  try {
    return (await run(program, args, { cwd: folder, env })).stdout;
  } catch (error) {
    const output = error instanceof Error && "stdout" in error && "stderr" in error ? error : null;
    throw new Error(`${program} ${args.join(" ")}: ${output?.stdout}${output?.stderr}`, { cause: error });
  }
}

/** Builds the client by the project's `tsc` into `folder`, beside its package.json, as npm publishes it. */
export async function buildClient(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["package.json", "README.md", "LICENSE"]) await cp(join(CLIENT, name), join(folder, name));
  await runIn(CLIENT, "tsc", "-p", "tsconfig.build.json", "--outDir", join(folder, "dist"));
}

/** A project in `folder` that has installed the built client and its dependency, as npm would. */
export async function installClient(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await buildClient(join(modules, "rbee-catalog-client"));
  for (const name of ["@noble", "@types"]) await mkdir(join(modules, name), { recursive: true });
  for (const name of ["@noble/hashes", "@types/node"]) {
    await symlink(await realpath(join(PROJECT, "node_modules", name)), join(modules, name));
  }
}

/** The files below a folder, as paths with `/`, in order. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
