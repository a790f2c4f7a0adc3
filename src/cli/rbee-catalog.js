#!/usr/bin/env node
// The package's `bin`. Plain JavaScript, because a Node too old for the command's TypeScript must get as far as this: it
// goes on under the Node that a checkout brings, or says what is missing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OLDEST = 24;

if (Number.parseInt(process.versions.node, 10) >= OLDEST) {
  await import("./main.ts");
} else {
  const node = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  if (existsSync(node)) {
    process.exitCode = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
  } else {
    console.error(
      `rbee-catalog: this needs Node.js ${OLDEST} or newer, and this is ${process.version}. ` +
        "`npm run setup` in the project brings a newer one for it.",
    );
    process.exitCode = 1;
  }
}
