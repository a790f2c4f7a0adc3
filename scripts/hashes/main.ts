import { writeFile } from "node:fs/promises";
import { buildModule, MODULE_PATH, moduleText } from "./module.ts";

/** `npm run hashes` writes the module of src/lib/hash; `npm run hashes -- --text` prints its text. */
if (process.argv.includes("--text")) process.stdout.write(`${moduleText()}\n`);
else await writeFile(MODULE_PATH, await buildModule());
