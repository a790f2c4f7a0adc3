import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { developmentSecrets } from "./scripts/development-secrets.ts";
import { formatMinisignPublicKey } from "./src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "./src/lib/minisign/secret-key.ts";

const releaseKey = await generateMinisignKey();

/**
 * Two projects: everything that the Worker runs is tested in workerd with real bindings; the command line, the
 * development server and the tools of other people (makepkg, minisign, curl) are tested in Node.
 */
export default defineConfig({
  test: {
    // Of two cores, vitest would leave one to wait: most of these tests wait for servers and programs of their own.
    maxWorkers: "100%",
    projects: [
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // A queue that nobody consumes: seconds later a batch would reach another test's ledger, or none. Tests hand it over.
              queueProducers: { DOWNLOADS: { queueName: "not-delivered" } },
              bindings: {
                ...(await developmentSecrets(releaseKey)),
                ENVIRONMENT: "development",
                PUBLIC_URL: "https://catalog.test",
                RELEASE_SIGNATURES: "optional",
                LOG_REQUESTS: "none",
                LIVEMODE: "false",
                // Not what a development server in this checkout has put into .dev.vars.
                RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey(releaseKey),
                TEST_MIGRATIONS: await readD1Migrations("migrations"),
              },
            },
          })),
        ],
        test: {
          name: "worker",
          // What holds is not how fast a busy machine is.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: ["test/cli/**", "test/end-to-end/**", "test/scripts/**", "test/stripe-stand-in/**", "test/tools/**"],
          setupFiles: ["test/support/setup-worker.ts"],
          globalSetup: ["test/support/setup-stand-in.ts"],
        },
      },
      {
        test: {
          name: "node",
          include: ["test/{cli,end-to-end,scripts,stripe-stand-in,tools}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
