#!/usr/bin/env node
// The package's `bin`. It is plain JavaScript, because an old Node cannot load the TypeScript of the command. On an old
// Node it runs the command under the checkout's own Node, or prints the missing step.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST = 24;

if (Number.parseInt(process.versions.node, 10) >= OLDEST) {
  // Without it each command compiles all of them again, which takes longer than most commands.
  const named = process.env["XDG_CACHE_HOME"] ?? "";
  module.enableCompileCache(join(isAbsolute(named) ? named : join(homedir(), ".cache"), "rbee", "compiled"));
  await import("./main.ts");
} else {
  const node = fileURLToPath(new URL("../../node_modules/.bin/node", import.meta.url));
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  if (existsSync(node)) {
    process.exitCode = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
  } else {
    console.error(
      `rbee-catalog: this needs Node.js ${OLDEST} or newer, and this is ${process.version}. ` +
        "Run `npm run setup` in the project to install a newer one there.",
    );
    process.exitCode = 1;
  }
}
