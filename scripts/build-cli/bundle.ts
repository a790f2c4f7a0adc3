import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { PROJECT } from "../development/paths.ts";

/** The oldest Node.js that the bundled command runs on. */
export const OLDEST_NODE = 20;

const HEAD = `\
// rbee-catalog, made by \`npm run build:cli\` of rbee-worker-catalog (GPL-3.0-or-later).
import { createRequire as createRequireOfBundle } from "node:module";
const require = createRequireOfBundle(import.meta.url);`;

/** Modules that read a file of the checkout, and the text of a module that has the file's contents instead. */
const EMBEDDED: Readonly<Record<string, () => Promise<string>>> = {
  "src/cli/checkout.ts": async () => "export const CHECKOUT = null;",
  "src/cli/sign/trusted-roots.ts": async () => {
    const text = await readFile(join(PROJECT, "keys/sigstore-trusted-roots.jsonl"), "utf8");
    return `export const trustedRoots = async () => ${JSON.stringify(text)};`;
  },
  "src/lib/hash/module-in-node.ts": async () => {
    const bytes = await readFile(join(PROJECT, "src/lib/hash/hashes.wasm"));
    return `export default new WebAssembly.Module(Buffer.from("${bytes.toString("base64")}", "base64"));`;
  },
};

const REQUIRED = "required";

const embedded: Plugin = {
  name: "embedded",
  setup(esbuild) {
    for (const [path, contents] of Object.entries(EMBEDDED)) {
      const filter = new RegExp(`${path.replaceAll(/[.]/g, "\\.")}$`);
      esbuild.onLoad({ filter }, async () => ({ contents: await contents(), loader: "js" }));
    }
    // Node.js would load all that any command imports. A module that asks for them by `require` waits until it runs.
    esbuild.onResolve(
      { filter: new RegExp(`^(node:)?(${builtinModules.join("|")}|sqlite)$`) },
      ({ path, pluginData }) =>
        pluginData === REQUIRED
          ? { path, external: true }
          : { path: path.startsWith("node:") ? path : `node:${path}`, namespace: "builtin" },
    );
    esbuild.onLoad({ filter: /^/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: "js",
      pluginData: REQUIRED,
    }));
    // The messages of zod in fifty languages. Ours are English.
    esbuild.onResolve({ filter: /^\.\.\/locales\/index\.js$/ }, () => ({
      path: join(PROJECT, "node_modules/zod/v4/locales/en.js"),
    }));
  },
};

/** Makes one text of the command and all that it imports. The same sources make the same bytes. */
async function bundle(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: PROJECT,
    bundle: true,
    platform: "node",
    minify: true,
    legalComments: "eof",
    plugins: [embedded],
    logLevel: "error",
    // A file of the checkout is not there when the bundle runs.
    logOverride: { "empty-import-meta": "error" },
    ...options,
    write: false,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild made no file.");
  return file.text;
}

/**
 * The whole command as one module for Node.js 20 and newer, without a package beside it. The same sources make the same
 * bytes, so a signature that was made for one build is valid for the next.
 */
export const bundleCommand = (): Promise<string> =>
  bundle({
    entryPoints: ["src/cli/main.ts"],
    target: `node${OLDEST_NODE}`,
    format: "esm",
    banner: { js: HEAD },
  });

/**
 * The whole command as a CommonJS script, the only form that Node.js runs out of a single executable. Such a script has
 * no top-level `await`, so it has an entry of its own.
 */
export const bundleScript = (): Promise<string> =>
  bundle({
    stdin: {
      contents: 'import { runProcess } from "./src/cli/process.ts"; void runProcess();',
      resolveDir: PROJECT,
    },
    target: "node24",
    format: "cjs",
  });
