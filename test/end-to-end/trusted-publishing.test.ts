import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { type ActionsJob, startActionsJob } from "../support/node/actions-job.ts";
import { runCli } from "../support/node/run-cli.ts";
import { REPOSITORY, WORKFLOW } from "../support/workflow-run.ts";
import { launch, ready, type Server } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import type { Run } from "./program-run.ts";
import { type Catalog, catalogIn } from "./running-catalog.ts";

/** A catalog that trusts a stand-in for GitHub, and a job that publishes there without a stored secret. */

const WORKER = "llm-worker-rbee-premium-cpu";

const Added = z.object({ publisher: z.object({ id: z.string() }) });
const Shown = z.object({
  release: z.object({
    status: z.string(),
    published_by: z.object({ actor: z.string(), run: z.record(z.string(), z.unknown()).nullable() }),
  }),
});

let root = "";
let job: ActionsJob;
let server: Server;
let catalog: Catalog;
let publisher = "";

const dev = () => join(root, "dev");

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "rbee-trusted-publishing-"));
  job = await startActionsJob();
  await mkdir(dev());
  await writeFile(join(dev(), "dev.vars"), job.variables);
  server = await ready(launch(dev(), await freePort()));
  catalog = await catalogIn(dev());
  await writeFile(join(root, "worker-linux-x86_64"), randomBytes(100_000));
});

afterAll(async () => {
  await server?.stop();
  job?.close();
  await rm(root, { recursive: true, force: true });
});

/** Runs a command in the job: without an admin token, and far from the development server's own. */
const inJob = (...args: string[]): Promise<Run> =>
  runCli(args, {
    ...job.environment,
    ...{ DEV_DIR: join(root, "nowhere"), XDG_CONFIG_HOME: join(root, "nowhere"), RBEE_CATALOG_URL: catalog.url },
  });

const publish = (version: string, worker = WORKER): Promise<Run> =>
  inJob(
    ...["release", "publish", join(root, "worker-linux-x86_64"), "--worker", worker, "--version", version],
    ...["--sign-key", join(dev(), "release-signing.key")],
  );

it("a job may not publish before an owner has named its workflow", async () => {
  const { code, stderr } = await publish("8.0.0");
  expect([code, stderr]).toEqual([3, expect.stringContaining("PUBLISHER_UNKNOWN")]);
});

it("an owner names the workflow by its repository's name, and GitHub's API has the ids", async () => {
  const reason = ["--reason", "releases come from CI"];
  const run = await runCli(
    [
      ...["publisher", "add", REPOSITORY.repository, "--workflow", "release.yml", "--environment", "release"],
      ...["--worker", WORKER, ...reason, "--json"],
    ],
    { ...job.environment, DEV_DIR: dev(), RBEE_CATALOG_URL: catalog.url, RBEE_ADMIN_TOKEN: catalog.adminToken },
  );
  expect(run).toMatchObject({ code: 0, stderr: "" });
  publisher = Added.parse(JSON.parse(run.stdout)).publisher.id;
  expect((await catalog.admin("publisher", "list")).stdout).toContain(WORKFLOW);
});

it("the job publishes without a stored secret, and the release says which run did", async () => {
  const { code, stdout, stderr } = await publish("8.0.0");
  expect([code, stderr.replaceAll(/rbee_adm_[\w-]{43}/g, "SECRET")]).toEqual([
    0,
    expect.stringMatching(
      new RegExp(`^::add-mask::SECRET\\nThis job publishes as ${publisher}\\.\\nBehind 8\\.0\\.0: .*\\n$`),
    ),
  ]);
  expect(stdout).toContain("published");
  const shown = Shown.parse(JSON.parse((await catalog.admin("release", "show", `${WORKER}@8.0.0`, "--json")).stdout));
  expect(shown.release).toMatchObject({
    status: "published",
    published_by: {
      actor: `publisher:${publisher}`,
      run: {
        repository: REPOSITORY.repository,
        ref: "refs/tags/v1.2.3",
        environment: "release",
        run_id: "12345678901",
      },
    },
  });
  expect((await catalog.admin("release", "show", `${WORKER}@8.0.0`)).stdout).toContain(REPOSITORY.repository);
});

it("the job publishes no other worker", async () => {
  const { code, stderr } = await publish("8.0.0", "llm-worker-rbee-premium-cuda");
  expect([code, stderr]).toEqual([3, expect.stringContaining("INSUFFICIENT_SCOPE")]);
});

it.each([
  ["a pull request", { event_name: "pull_request", ref: "refs/pull/1/merge" }, "PUBLISHER_PULL_REQUEST"],
  ["a branch", { ref: "refs/heads/main" }, "PUBLISHER_REF"],
  ["another environment", { environment: "test" }, "PUBLISHER_ENVIRONMENT"],
  ["a fork", { repository: "eve/workers", repository_id: "9", repository_owner_id: "8" }, "PUBLISHER_FORK"],
  ["another audience", { aud: "pypi" }, "OIDC_TOKEN_INVALID"],
])("a run of %s publishes nothing", async (_name, claims, refusal) => {
  job.claims = claims;
  const { code, stderr } = await publish("8.0.1");
  job.claims = {};
  expect([code, stderr]).toEqual([3, expect.stringContaining(refusal)]);
});

it("the job publishes nothing after an owner has removed its publisher", async () => {
  expect((await catalog.admin("publisher", "remove", publisher, "--reason", "moved")).code).toBe(0);
  const { code, stderr } = await publish("8.0.1");
  expect([code, stderr]).toEqual([3, expect.stringContaining("PUBLISHER_UNKNOWN")]);
});
