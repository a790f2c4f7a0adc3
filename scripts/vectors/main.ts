import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VECTOR_FILES } from "./files.ts";
import { vectorText } from "./vector-file.ts";

/** Writes docs/vectors. Each run writes the same bytes. */
const FOLDER = join(import.meta.dirname, "../../docs/vectors");

await mkdir(FOLDER, { recursive: true });
for (const [name, file] of Object.entries(VECTOR_FILES)) {
  await writeFile(join(FOLDER, `${name}.json`), vectorText(file));
  console.log(`${name}.json: ${file.cases.length} cases`);
}
