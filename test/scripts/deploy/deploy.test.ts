import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { FULL } from "../../support/node/cloudflare-api/server.ts";
import { bindingsOf, varsOf } from "../../support/node/cloudflare-api/workers.ts";
import { changesOf, DeployedAccount, LIVE } from "../../support/node/deployed-account.ts";
import { type Ended, SECRETS } from "../../support/node/deployment-project.ts";

const COPY = "my-catalog";

let account: DeployedAccount;
beforeAll(async () => {
  account = await DeployedAccount.open();
});
afterAll(() => account.close());

describe("before the first deployment", () => {
  it("a token with a permission too few is refused, and each missing permission is named", async () => {
    const poor = account.cloudflare.token(
      FULL.filter((held) => held !== "Queues Write" && held !== "Workers Routes Write"),
      "account",
    );
    const { code, output } = await account.project.deploy(poor, "--secrets-file", SECRETS, "--jurisdiction", "eu");
    expect(code).toBe(1);
    expect(output).toContain("Account - Queues: Edit\n");
    expect(output).toContain("Zone - Workers Routes: Edit, for the zone of catalog.rbee.dev");
    expect(output).not.toContain("D1: Edit");
    expect(account.cloudflare.databases).toEqual([]);
  });

  it("a token that Cloudflare does not know is refused", async () => {
    const { code, output } = await account.project.deploy("made-up", "--secrets-file", SECRETS, "--jurisdiction", "eu");
    expect([code, output.trim().split("\n").at(-1)]).toEqual([
      1,
      "Cloudflare does not know the API token in CLOUDFLARE_API_TOKEN, or it has been revoked.",
    ]);
  });

  it("missing secrets are named", async () => {
    await account.expectRefusal(
      ["--jurisdiction", "eu"],
      "LICENSE_KEY_SECRET, LICENSE_SIGNING_KEY",
      "--secrets-file FILE",
    );
  });

  it("a secret of the wrong form is named, without its value", async () => {
    const file = "short.secret.env";
    await account.project.run(
      account.token,
      "sh",
      "-c",
      `sed "s/^LICENSE_KEY_SECRET=.*/LICENSE_KEY_SECRET=tooshort/" ${SECRETS} >${file}`,
    );
    const { output } = await account.expectRefusal(
      ["--secrets-file", file, "--jurisdiction", "eu"],
      "LICENSE_KEY_SECRET: must",
    );
    expect(output).not.toContain("tooshort");
  });

  it("a place must be chosen, because it can never be changed", async () => {
    await account.expectRefusal(["--secrets-file", SECRETS], "--jurisdiction eu", "can never be changed");
    await account.expectRefusal(
      ["--secrets-file", SECRETS, "--jurisdiction", "mars"],
      '"mars" is no place',
      "pnpm run deploy",
    );
  });

  it("an environment that wrangler.toml does not have is refused", async () => {
    await account.expectRefusal(["--env", "stagin"], 'No environment found in configuration with name "stagin"');
  });
});

/** Runs each block of commands in "Going live" word for word, and stops at the first that fails. */
async function followGuide(): Promise<Ended> {
  const guide = await readFile(join(PROJECT, "docs/operations.md"), "utf8");
  const [, goingLive = ""] = /^## Going live$(.*?)^##/ms.exec(guide) ?? [];
  const blocks = [...goingLive.matchAll(/^ {3}```sh\n(.*?)^ {3}```$/gms)].map(([, commands = ""]) => commands);
  expect(blocks.length).toBeGreaterThan(3);
  let output = "";
  for (const commands of blocks) {
    const ended = await account.project.run(account.token, "sh", "-e", "-c", commands);
    output += ended.output;
    if (ended.code !== 0) return { code: ended.code, output };
  }
  return { code: 0, output };
}

describe("the first deployment, by the list of docs/operations.md", () => {
  let first: Ended & { requests: string[] };
  beforeAll(async () => {
    // A permission to read but not to write shows at the first write: the part before it stays, and is not made twice.
    const reader = account.cloudflare.token(FULL.map((held) => (held === "Queues Write" ? "Queues Read" : held)));
    const { code, output } = await account.project.deploy(reader, "--secrets-file", SECRETS, "--jurisdiction", "eu");
    expect([code, output]).toEqual([1, expect.stringContaining("The API token lacks the permission Queues: Edit.")]);
    // Checking the code is a matter of this whole suite.
    await account.project.edit("package.json", (text) => text.replace(/"check": ".*"/, '"check": "true"'));
    first = await account.watch(followGuide);
  });

  it("succeeds, and asks nothing of Cloudflare that it does not know", () => {
    expect(first.code, first.output).toBe(0);
    expect(first.output).toContain(`${LIVE} is deployed.`);
    expect(first.output).not.toContain("7003");
  });

  it("keeps databases and buckets in the jurisdiction that was chosen, also when it continues", () => {
    const kept = [...account.cloudflare.databases, ...account.cloudflare.buckets];
    expect(kept.length).toBeGreaterThan(2);
    for (const { name, jurisdiction } of kept) expect([name, jurisdiction]).toEqual([name, "eu"]);
    const bound = bindingsOf(account.worker()).filter(({ type }) => type === "r2_bucket");
    expect(bound.map(({ jurisdiction }) => jurisdiction)).toEqual(account.cloudflare.buckets.map(() => "eu"));
  });

  it("migrates, marks the ledger, uploads, and only then starts cron and consumers", () => {
    const last = first.requests.findLastIndex((request) => request.endsWith("/query"));
    const upload = first.requests.indexOf(`PUT /workers/scripts/${LIVE}`);
    const cron = first.requests.indexOf(`PUT /workers/scripts/${LIVE}/schedules`);
    const consumer = first.requests.findIndex((request) => /^POST .queues.*consumers$/.test(request));
    expect([last < upload, upload < cron, upload < consumer]).toEqual([true, true, true]);
    expect(account.rows("SELECT name, public_url, livemode FROM deployment")).toEqual([
      { name: LIVE, public_url: "https://catalog.rbee.dev", livemode: 1 },
    ]);
    expect(account.rows("SELECT name FROM d1_migrations")?.length).toBeGreaterThan(12);
    expect(account.rows("SELECT name FROM d1_migrations", `${LIVE}-statistics`)?.length).toBeGreaterThan(0);
  });

  it("gives the Worker its name, its secrets, its host and its cron, and no other address", () => {
    const { LICENSE_KEY_SECRET, ...vars } = varsOf(account.worker());
    expect(vars).toMatchObject({ DEPLOYMENT: LIVE, PUBLIC_URL: "https://catalog.rbee.dev", LIVEMODE: "true" });
    expect(LICENSE_KEY_SECRET).toHaveLength(43);
    expect(account.worker()).toMatchObject({
      schedules: ["* * * * *"],
      domains: ["catalog.rbee.dev"],
      subdomain: { enabled: false, previews_enabled: false },
      observability: { redact_query_string: true, logs: { invocation_logs: false }, traces: { enabled: false } },
    });
  });

  it("attaches a consumer with its dead letters to every queue that has one", () => {
    const consumed = account.cloudflare.queues.flatMap(({ consumers }) => consumers);
    expect(consumed.length).toBeGreaterThan(0);
    for (const consumer of consumed) expect(consumer).toMatchObject({ script: LIVE, type: "worker" });
  });

  it("leaves no file behind, and the jurisdiction of the buckets in wrangler.toml", async () => {
    const { output } = await account.project.run(
      account.token,
      "sh",
      "-c",
      "ls -A; grep -A 1 bucket_name wrangler.toml",
    );
    expect(output).not.toContain(".wrangler.deploy");
    for (const said of ["Commit ", "It is not signed."]) expect(first.output).toContain(said);
    expect(output).toContain(`bucket_name = "${LIVE}-binaries"\njurisdiction = "eu"\n`);
    expect(output).not.toContain(`-staging"\njurisdiction`);
  });
});

describe("staging", () => {
  it("is a deployment of its own beside production", async () => {
    const live = JSON.stringify(account.worker());
    const { code, output } = await account.deploy("--env", "staging", "--secrets-file", SECRETS, "--location", "weur");
    expect(code, output).toBe(0);
    expect(JSON.stringify(account.worker())).toBe(live);
    const staging = account.worker(`${LIVE}-staging`);
    expect(staging).toMatchObject({ domains: ["catalog-staging.rbee.dev"], schedules: ["* * * * *"] });
    expect(varsOf(staging)).toMatchObject({ DEPLOYMENT: `${LIVE}-staging`, LIVEMODE: "false" });
    expect(account.database(`${LIVE}-staging`)).toMatchObject({ jurisdiction: null, location: "weur" });
    expect(account.rows("SELECT name, livemode FROM deployment", `${LIVE}-staging`)).toEqual([
      { name: `${LIVE}-staging`, livemode: 0 },
    ]);
    const idsOf = (name: string) =>
      bindingsOf(account.worker(name)).flatMap(({ id, namespace_id, bucket_name, queue_name }) =>
        [id, namespace_id, bucket_name, queue_name].filter((value) => value !== undefined),
      );
    expect(idsOf(LIVE).filter((id) => idsOf(`${LIVE}-staging`).includes(id))).toEqual([]);
  });
});

describe("a copied configuration", () => {
  let original: string;
  beforeAll(async () => {
    await account.project.edit("wrangler.toml", (text) => {
      original = text;
      return text;
    });
  });
  const copy = (change: (text: string) => string) => account.project.edit("wrangler.toml", () => change(original));
  afterAll(() => copy((text) => text));

  it("with another PUBLIC_URL and test money is refused by the mark of the ledger", async () => {
    await copy((text) =>
      text.replaceAll("catalog.rbee.dev", "shop.rbee.dev").replace('LIVEMODE = "true"', 'LIVEMODE = "false"'),
    );
    await account.expectRefusal(
      [],
      'livemode is "false" here and "true" there',
      'public_url is "https://shop.rbee.dev" here and "https://catalog.rbee.dev" there',
      "[env.staging]",
      "Nothing has been changed.",
    );
  });

  it("with another name is refused, and everything that it shares is named", async () => {
    await copy((text) => text.replace(`name = "${LIVE}"`, `name = "${COPY}"`));
    await account.expectRefusal(
      ["--secrets-file", SECRETS],
      `The Worker ${LIVE} uses `,
      `the database ${LIVE}`,
      `the bucket ${LIVE}-binaries`,
      "the rate limit with the namespace_id 1001",
      "the queue rbee-downloads,",
      "the queue rbee-downloads, as its consumer",
      "the host catalog.rbee.dev",
    );
  });

  it("with another name is refused by the mark, also when the first Worker is gone", async () => {
    const restore = account.without(LIVE);
    const consumers = account.cloudflare.queues.map((queue) => queue.consumers.splice(0));
    await account.expectRefusal(["--secrets-file", SECRETS], `name is "${COPY}" here and "${LIVE}" there`);
    for (const [index, queue] of account.cloudflare.queues.entries()) queue.consumers.push(...(consumers[index] ?? []));
    restore();
  });

  it("that wrangler deploys by hand makes a Worker without its name, which therefore refuses to write", async () => {
    const args = ["deploy", "--env=", "--secrets-file", SECRETS, "--config", "wrangler.toml"];
    const { code, output } = await account.project.run(account.token, "wrangler", ...args);
    // The live Worker consumes the queues, so this much of the deployment fails. The Worker itself is there.
    expect([code, output]).toEqual([1, expect.stringContaining("Queue")]);
    expect(varsOf(account.worker(COPY))["DEPLOYMENT"]).toBeUndefined();
    expect(bindingsOf(account.worker(COPY)).find(({ name }) => name === "DB")?.["id"]).toBe(account.database()?.uuid);
    account.without(COPY);
  });
});

describe("a deployment by hand of the live configuration", () => {
  it("keeps the Worker's name, so that it goes on serving", async () => {
    const { code, output } = await account.project.run(account.token, "wrangler", "deploy", "--env=");
    expect(code, output).toBe(0);
    expect(varsOf(account.worker())["DEPLOYMENT"]).toBe(LIVE);
  });
});

describe("a ledger that is in use and has no mark", () => {
  it("belongs to no Worker that is not bound to it", async () => {
    const restore = account.without(LIVE);
    const mark = account.rows("SELECT * FROM deployment");
    account.database()?.sqlite.exec("DELETE FROM deployment");
    await account.expectRefusal(["--secrets-file", SECRETS], "has no mark");
    expect(mark).toHaveLength(1);
    restore();
  });
});

describe("the next deployment", () => {
  const NEXT = "migrations/9000_next.sql";
  const GOOD = "CREATE TABLE made_before_it_failed (id INTEGER);\\n";
  const write = (sql: string) => account.project.run(account.token, "sh", "-c", `printf '${sql}' >${NEXT}`);

  it("cannot move the data to another jurisdiction", async () => {
    await account.expectRefusal(["--jurisdiction", "us"], 'has the jurisdiction "eu"', "can never be moved");
  });

  it("with a migration that fails rolls it back and leaves the live Worker as it is", async () => {
    await write(`${GOOD}INSERT INTO no_such_table VALUES (1);\\n`);
    const live = JSON.stringify(account.worker());
    const failed = await account.deploy();
    expect([failed.code, failed.output]).toEqual([1, expect.stringContaining("no such table: no_such_table")]);
    expect(failed.output).toContain(`A migration of ${LIVE} failed`);
    expect(failed.output).toContain("D1 has rolled that one back");
    expect(changesOf(failed.requests)).toEqual([]);
    expect(JSON.stringify(account.worker())).toBe(live);
    expect(account.rows("SELECT name FROM sqlite_schema WHERE name = 'made_before_it_failed'")).toEqual([]);
  });

  it("with the migration corrected makes nothing anew and keeps the secrets, without a place or a file", async () => {
    await write(GOOD);
    const ids = () => [account.database()?.uuid, ...account.cloudflare.queues.map(({ queue_id }) => queue_id)];
    const [before, vars] = [ids(), varsOf(account.worker())];
    const next = await account.deploy();
    expect(next.code, next.output).toBe(0);
    expect(account.rows("SELECT name FROM d1_migrations WHERE name = '9000_next.sql'")).toHaveLength(1);
    expect(
      next.requests.filter((request) => /^POST .(d1.database|r2.buckets|storage.*|queues)$/.test(request)),
    ).toEqual([]);
    expect([ids(), varsOf(account.worker())]).toEqual([before, vars]);
    expect(account.rows("SELECT name FROM deployment")).toEqual([{ name: LIVE }]);
  });
});

describe("the whole", () => {
  it("asked Cloudflare nothing that the stub does not know", () => {
    expect(account.cloudflare.unknown).toEqual([]);
  });
});
