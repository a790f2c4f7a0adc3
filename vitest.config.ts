import { readFile } from "node:fs/promises";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, type Plugin } from "vitest/config";
import { developmentSecrets } from "./scripts/development-secrets.ts";
import { formatMinisignPublicKey } from "./src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "./src/lib/minisign/secret-key.ts";
import { endAllWithRun } from "./test/support/node/end-of-run.ts";
import { pureTests } from "./test/support/node/pure-tests.ts";

endAllWithRun();

/** The folders that are tested in Node because they start servers and programs. */
const NODE = "test/{end-to-end,scripts,tools}/**/*.test.ts";

/** The folders that are tested in Node and serve only from their own process. */
const COMMANDS = "test/{cli,stripe-stand-in}/**/*.test.ts";

const pure = pureTests(["test/{clients,docs,domain,formats,lib,platform,web}/**/*.test.{ts,tsx}"]);

/**
 * The options of the Worker under test: its configuration as wrangler reads it, without its secrets and `.dev.vars`.
 */
async function workerOptions() {
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = await import("wrangler");
  const read = unstable_readConfig({ config: "wrangler.toml" });
  // A few bytes in place of the built command.
  const assets = { ...read.assets, directory: "test/support/assets" };
  const config = { ...read, assets, secrets: undefined };
  // Wrangler takes the first of `envFiles` for `.dev.vars`, but its types do not tell. No such file: no values.
  const apart = { envFiles: ["none.env"], overrides: { enableContainers: false } };
  const { main, workerOptions } = unstable_getMiniflareWorkerOptions(config, undefined, apart);
  const releaseKey = await generateMinisignKey();
  return {
    ...(main === undefined ? {} : { main }),
    miniflare: {
      ...workerOptions,
      // No consumer: a batch delivered seconds later would reach the ledger of another test. Tests hand batches over.
      queueProducers: { DOWNLOADS: { queueName: "not-delivered" }, JOBS: { queueName: "not-delivered" } },
      bindings: {
        ...config.vars,
        ...(await developmentSecrets(releaseKey)),
        ENVIRONMENT: "development",
        PUBLIC_URL: "https://catalog.test",
        RELEASE_SIGNATURES: "optional",
        LOG_REQUESTS: "none",
        LIVEMODE: "false",
        RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey(releaseKey),
        TEST_MIGRATIONS: await readD1Migrations("migrations"),
        TEST_STATISTICS_MIGRATIONS: await readD1Migrations("migrations/statistics"),
      },
    },
  };
}

/** Imports recipes, style sheets, keys and scripts as text in Node, as the rules of wrangler.toml do in the Worker. */
const textModules: Plugin = {
  name: "text-modules",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!/(\.(PKGBUILD|SRCINFO|pub|jsonl|css|sh|rb|md)|\/LICENSE)$/.test(source)) return null;
    const resolved = await this.resolve(source, importer, { skipSelf: true });
    return resolved && `${resolved.id}?raw`;
  },
};

/**
 * Loads packages without their source maps: Stripe's name sources that its package does not have, 218 warnings a run.
 */
const noPackageMaps: Plugin = {
  name: "no-package-maps",
  enforce: "pre",
  async load(id) {
    if (!/\/node_modules\/.*\.m?js$/.test(id)) return null;
    return (await readFile(id, "utf8")).replace(/^\/\/# sourceMappingURL=.*$/gm, "");
  },
};

/**
 * Four projects. `worker`: tests in workerd with real bindings. `pure`: tests that touch no binding, in Node.
 * `commands`: the command line and the Stripe stand-in. `node`: the development server and programs of others (makepkg,
 * minisign, curl).
 */
export default defineConfig({
  test: {
    // By default vitest leaves one core free, but most of these tests wait for servers and programs of their own.
    maxWorkers: "100%",
    // One line a file: the time of a test says nothing on a busy machine.
    slowTestThreshold: 600_000,
    projects: [
      {
        plugins: [cloudflareTest(workerOptions), noPackageMaps],
        test: {
          name: "worker",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: [NODE, COMMANDS, ...pure],
          setupFiles: ["test/support/setup-worker.ts"],
          globalSetup: [
            "test/support/node/stand-in-desk.ts",
            "test/support/node/sigstore-desk.ts",
            "test/support/node/receiver-desk.ts",
            "test/support/node/workerd-notes.ts",
          ],
          // One workerd for many files: storage and memory are reset after each test, see the setup file.
          isolate: false,
          // These end only what hangs for good. The slowest test takes 10 s alone, and 100 s on a crowded machine.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        plugins: [textModules],
        test: {
          name: "pure",
          include: pure,
          setupFiles: ["test/support/setup-pure.ts"],
          pool: "threads",
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "commands",
          include: [COMMANDS],
          // One process for all files: they change nothing outside of their own folders and servers.
          pool: "threads",
          isolate: false,
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: "node",
          include: [NODE],
          globalSetup: ["test/end-to-end/shared-catalog-setup.ts"],
          setupFiles: ["test/support/node/setup-node.ts"],
          isolate: false,
          // A server is waited for while it makes progress, and fails by itself. These end only what hangs for good.
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
