import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CloudflareStub, FULL, startCloudflare } from "../../support/node/cloudflare-api/server.ts";
import { bindingsOf, varsOf } from "../../support/node/cloudflare-api/workers.ts";
import { copyProject, type DeploymentProject, type Ended, SECRETS } from "../../support/node/deployment-project.ts";

const LIVE = "rbee-worker-catalog";
const COPY = "my-catalog";

let cloudflare: CloudflareStub;
let project: DeploymentProject;
let token: string;

beforeAll(async () => {
  cloudflare = await startCloudflare();
  project = await copyProject(cloudflare);
  token = cloudflare.token(FULL);
});

afterAll(async () => {
  await cloudflare.stop();
  await project.remove();
});

/** Deploys, and returns its end with the requests that it made. */
async function deploy(...options: string[]): Promise<Ended & { requests: string[] }> {
  const before = cloudflare.requests.length;
  const ended = await project.deploy(token, ...options);
  return { ...ended, requests: cloudflare.requests.slice(before) };
}

const worker = (name = LIVE) => cloudflare.workers.find((known) => known.name === name);
const database = (name = LIVE) => cloudflare.databases.find((known) => known.name === name);
const rows = (sql: string, name = LIVE) =>
  database(name)
    ?.sqlite.prepare(sql)
    .all()
    .map((row) => ({ ...row }));

/** The requests that change something at Cloudflare. Reading a database is a POST, too. */
const changesOf = (requests: string[]) =>
  requests.filter((request) => !request.startsWith("GET ") && !request.endsWith("/query"));

/** The state of the account that a refused deployment must leave as it is. */
const snapshot = () =>
  JSON.stringify([
    cloudflare.databases.map(({ sqlite, ...rest }) => [rest, sqlite.prepare("SELECT sql FROM sqlite_schema").all()]),
    ...[cloudflare.buckets, cloudflare.namespaces, cloudflare.queues, cloudflare.workers],
  ]);

/** Expects that a deployment is refused with `reason`, and that nothing has changed. */
async function expectRefusal(options: string[], ...reasons: string[]): Promise<Ended> {
  const before = snapshot();
  const ended = await deploy(...options);
  expect(ended.code, ended.output).toBe(1);
  for (const reason of reasons) expect(ended.output).toContain(reason);
  expect(ended.output).not.toMatch(/^\s+at .*\.ts:\d+/m);
  expect(changesOf(ended.requests)).toEqual([]);
  expect(snapshot()).toBe(before);
  return ended;
}

describe("before the first deployment", () => {
  it("a token with a permission too few is refused, and each missing permission is named", async () => {
    const poor = cloudflare.token(FULL.filter((held) => held !== "Queues Write" && held !== "Workers Routes Write"));
    const { code, output } = await project.deploy(poor, "--secrets-file", SECRETS, "--jurisdiction", "eu");
    expect(code).toBe(1);
    expect(output).toContain("Account - Queues: Edit\n");
    expect(output).toContain("Zone - Workers Routes: Edit, for the zone of catalog.rbee.dev");
    expect(output).not.toContain("D1: Edit");
    expect(cloudflare.databases).toEqual([]);
  });

  it("a token that Cloudflare does not know is refused", async () => {
    const { code, output } = await project.deploy("made-up", "--secrets-file", SECRETS, "--jurisdiction", "eu");
    expect([code, output.trim().split("\n").at(-1)]).toEqual([
      1,
      "Cloudflare does not know the API token in CLOUDFLARE_API_TOKEN, or it has been revoked.",
    ]);
  });

  it("missing secrets are named", async () => {
    await expectRefusal(["--jurisdiction", "eu"], "LICENSE_KEY_SECRET, LICENSE_SIGNING_KEY", "--secrets-file FILE");
  });

  it("a secret of the wrong form is named, without its value", async () => {
    const file = "short.secret.env";
    await project.run(
      token,
      "sh",
      "-c",
      `sed "s/^LICENSE_KEY_SECRET=.*/LICENSE_KEY_SECRET=tooshort/" ${SECRETS} >${file}`,
    );
    const { output } = await expectRefusal(
      ["--secrets-file", file, "--jurisdiction", "eu"],
      "LICENSE_KEY_SECRET: must",
    );
    expect(output).not.toContain("tooshort");
  });

  it("a place must be chosen, because it can never be changed", async () => {
    await expectRefusal(["--secrets-file", SECRETS], "--jurisdiction eu", "can never be changed");
    await expectRefusal(["--secrets-file", SECRETS, "--jurisdiction", "mars"], '"mars" is no place', "pnpm run deploy");
  });

  it("an environment that wrangler.toml does not have is refused", async () => {
    await expectRefusal(["--env", "stagin"], 'No environment found in configuration with name "stagin"');
  });
});

describe("the first deployment", () => {
  let first: Awaited<ReturnType<typeof deploy>>;
  beforeAll(async () => {
    // A permission to read but not to write shows at the first write: the part before it stays, and is not made twice.
    const reader = cloudflare.token(FULL.map((held) => (held === "Queues Write" ? "Queues Read" : held)));
    const { code, output } = await project.deploy(reader, "--secrets-file", SECRETS, "--jurisdiction", "eu");
    expect([code, output]).toEqual([1, expect.stringContaining("The API token lacks the permission Queues: Edit.")]);
    first = await deploy("--secrets-file", SECRETS);
  });

  it("succeeds, and asks nothing of Cloudflare that it does not know", () => {
    expect(first.code, first.output).toBe(0);
    expect(first.output).toContain(`${LIVE} is deployed.`);
    expect(first.output).not.toMatch(/7003|WARNING/);
  });

  it("keeps databases and buckets in the jurisdiction that was chosen, also when it continues", () => {
    const kept = [...cloudflare.databases, ...cloudflare.buckets];
    expect(kept.length).toBeGreaterThan(2);
    for (const { name, jurisdiction } of kept) expect([name, jurisdiction]).toEqual([name, "eu"]);
    const bound = bindingsOf(worker()).filter(({ type }) => type === "r2_bucket");
    expect(bound.map(({ jurisdiction }) => jurisdiction)).toEqual(cloudflare.buckets.map(() => "eu"));
  });

  it("migrates, marks the ledger, uploads, and only then starts cron and consumers", () => {
    const last = first.requests.findLastIndex((request) => request.endsWith("/query"));
    const upload = first.requests.indexOf(`PUT /workers/scripts/${LIVE}`);
    const cron = first.requests.indexOf(`PUT /workers/scripts/${LIVE}/schedules`);
    const consumer = first.requests.findIndex((request) => /^POST .queues.*consumers$/.test(request));
    expect([last < upload, upload < cron, upload < consumer]).toEqual([true, true, true]);
    expect(rows("SELECT name, public_url, livemode FROM deployment")).toEqual([
      { name: LIVE, public_url: "https://catalog.rbee.dev", livemode: 1 },
    ]);
    expect(rows("SELECT name FROM d1_migrations")?.length).toBeGreaterThan(12);
    expect(rows("SELECT name FROM d1_migrations", `${LIVE}-statistics`)?.length).toBeGreaterThan(0);
  });

  it("gives the Worker its name, its secrets, its host and its cron, and no other address", () => {
    const { LICENSE_KEY_SECRET, ...vars } = varsOf(worker());
    expect(vars).toMatchObject({ DEPLOYMENT: LIVE, PUBLIC_URL: "https://catalog.rbee.dev", LIVEMODE: "true" });
    expect(LICENSE_KEY_SECRET).toHaveLength(43);
    expect(worker()).toMatchObject({
      schedules: ["* * * * *"],
      domains: ["catalog.rbee.dev"],
      subdomain: { enabled: false, previews_enabled: false },
      observability: { redact_query_string: true, logs: { invocation_logs: false }, traces: { enabled: false } },
    });
  });

  it("attaches a consumer with its dead letters to every queue that has one", () => {
    const consumed = cloudflare.queues.flatMap(({ consumers }) => consumers);
    expect(consumed.length).toBeGreaterThan(0);
    for (const consumer of consumed) expect(consumer).toMatchObject({ script: LIVE, type: "worker" });
  });

  it("leaves no file behind, and the jurisdiction of the buckets in wrangler.toml", async () => {
    const { output } = await project.run(token, "sh", "-c", "ls -A; grep -A 1 bucket_name wrangler.toml");
    expect(output).not.toContain(".wrangler.deploy");
    expect(first.output).toContain("Commit ");
    expect(output).toContain(`bucket_name = "${LIVE}-binaries"\njurisdiction = "eu"\n`);
    expect(output).not.toContain(`-staging"\njurisdiction`);
  });
});

describe("a second deployment", () => {
  it("makes nothing anew, keeps the secrets, and needs neither a place nor a file of secrets", async () => {
    const [database_, ...names] = [database()?.uuid, ...cloudflare.queues.map(({ queue_id }) => queue_id)];
    const before = varsOf(worker());
    const second = await deploy();
    expect(second.code, second.output).toBe(0);
    expect([database()?.uuid, ...cloudflare.queues.map(({ queue_id }) => queue_id)]).toEqual([database_, ...names]);
    expect(
      second.requests.filter((request) => /^POST .(d1.database|r2.buckets|storage.*|queues)$/.test(request)),
    ).toEqual([]);
    expect(varsOf(worker())).toEqual(before);
    expect(worker()?.versions).toHaveLength(2);
  });

  it("cannot move the data to another jurisdiction", async () => {
    await expectRefusal(["--jurisdiction", "us"], 'has the jurisdiction "eu"', "can never be moved");
  });
});

describe("staging", () => {
  it("is a deployment of its own beside production", async () => {
    const live = JSON.stringify(worker());
    const { code, output } = await deploy("--env", "staging", "--secrets-file", SECRETS, "--location", "weur");
    expect(code, output).toBe(0);
    expect(JSON.stringify(worker())).toBe(live);
    const staging = worker(`${LIVE}-staging`);
    expect(staging).toMatchObject({ domains: ["catalog-staging.rbee.dev"], schedules: ["* * * * *"] });
    expect(varsOf(staging)).toMatchObject({ DEPLOYMENT: `${LIVE}-staging`, LIVEMODE: "false" });
    expect(database(`${LIVE}-staging`)).toMatchObject({ jurisdiction: null, location: "weur" });
    expect(rows("SELECT name, livemode FROM deployment", `${LIVE}-staging`)).toEqual([
      { name: `${LIVE}-staging`, livemode: 0 },
    ]);
    const idsOf = (name: string) =>
      bindingsOf(worker(name)).flatMap(({ id, namespace_id, bucket_name, queue_name }) =>
        [id, namespace_id, bucket_name, queue_name].filter((value) => value !== undefined),
      );
    expect(idsOf(LIVE).filter((id) => idsOf(`${LIVE}-staging`).includes(id))).toEqual([]);
  });
});

describe("a copied configuration", () => {
  let original: string;
  beforeAll(async () => {
    await project.edit("wrangler.toml", (text) => {
      original = text;
      return text;
    });
  });
  const copy = (change: (text: string) => string) => project.edit("wrangler.toml", () => change(original));
  afterAll(() => copy((text) => text));

  it("with another PUBLIC_URL and test money is refused by the mark of the ledger", async () => {
    await copy((text) =>
      text.replaceAll("catalog.rbee.dev", "shop.rbee.dev").replace('LIVEMODE = "true"', 'LIVEMODE = "false"'),
    );
    await expectRefusal(
      [],
      'livemode is "false" here and "true" there',
      'public_url is "https://shop.rbee.dev" here and "https://catalog.rbee.dev" there',
      "[env.staging]",
      "Nothing has been changed.",
    );
  });

  it("with another name is refused, and everything that it shares is named", async () => {
    await copy((text) => text.replace(`name = "${LIVE}"`, `name = "${COPY}"`));
    await expectRefusal(
      ["--secrets-file", SECRETS],
      `The Worker ${LIVE} uses `,
      `the database ${LIVE}`,
      `the bucket ${LIVE}-binaries`,
      "the rate limit with the namespace_id 1001",
      "the queue rbee-downloads, as its consumer",
      "the host catalog.rbee.dev",
    );
  });

  it("with another name is refused by the mark, also when the first Worker is gone", async () => {
    const [live] = cloudflare.workers.splice(0, 1);
    const consumers = cloudflare.queues.map(({ consumers }) => consumers.splice(0));
    await expectRefusal(["--secrets-file", SECRETS], `name is "${COPY}" here and "${LIVE}" there`);
    for (const [index, queue] of cloudflare.queues.entries()) queue.consumers.push(...(consumers[index] ?? []));
    if (live) cloudflare.workers.unshift(live);
  });

  it("that wrangler deploys by hand makes a Worker without its name, which therefore refuses to write", async () => {
    const args = ["deploy", "--env=", "--secrets-file", SECRETS, "--config", "wrangler.toml"];
    const { code, output } = await project.run(token, "wrangler", ...args);
    // The live Worker consumes the queues, so this much of the deployment fails. The Worker itself is there.
    expect([code, output]).toEqual([1, expect.stringContaining("Queue")]);
    expect(varsOf(worker(COPY))["DEPLOYMENT"]).toBeUndefined();
    expect(bindingsOf(worker(COPY)).find(({ name }) => name === "DB")?.["id"]).toBe(database()?.uuid);
    cloudflare.workers.splice(
      cloudflare.workers.findIndex(({ name }) => name === COPY),
      1,
    );
  });
});

describe("a deployment by hand of the live configuration", () => {
  it("keeps the Worker's name, so that it goes on serving", async () => {
    const { code, output } = await project.run(token, "wrangler", "deploy", "--env=");
    expect(code, output).toBe(0);
    expect(varsOf(worker())["DEPLOYMENT"]).toBe(LIVE);
  });
});

describe("a ledger that is in use and has no mark", () => {
  it("belongs to the Worker that is bound to it, and to no other", async () => {
    const sqlite = database()?.sqlite;
    sqlite?.exec(
      "INSERT INTO audit (id, at, actor, action, subject, details) VALUES ('chg_1', 1, 'system', 'a.b', 'x', '{}')",
    );
    sqlite?.exec("DELETE FROM deployment");
    const [live] = cloudflare.workers.splice(
      cloudflare.workers.findIndex(({ name }) => name === LIVE),
      1,
    );
    await expectRefusal(["--secrets-file", SECRETS], "has no mark");
    if (live) cloudflare.workers.push(live);
  });
});

describe("a migration that fails", () => {
  const BROKEN = "migrations/9000_broken.sql";
  const GOOD = "CREATE TABLE made_before_it_failed (id INTEGER);\n";

  it("is rolled back, leaves the live Worker as it is, and can be corrected and repeated", async () => {
    await project.run(token, "sh", "-c", `printf '${GOOD}INSERT INTO no_such_table VALUES (1);\n' >${BROKEN}`);
    const live = JSON.stringify(worker());
    const failed = await deploy();
    expect([failed.code, failed.output]).toEqual([1, expect.stringContaining("no such table: no_such_table")]);
    expect(failed.output).toContain(`A migration of ${LIVE} failed`);
    expect(failed.output).toContain("D1 has rolled that one back");
    expect(changesOf(failed.requests)).toEqual([]);
    expect(JSON.stringify(worker())).toBe(live);
    expect(rows("SELECT name FROM sqlite_schema WHERE name = 'made_before_it_failed'")).toEqual([]);

    await project.run(token, "sh", "-c", `printf '${GOOD}' >${BROKEN}`);
    const repeated = await deploy();
    expect(repeated.code, repeated.output).toBe(0);
    expect(rows("SELECT name FROM d1_migrations WHERE name = '9000_broken.sql'")).toHaveLength(1);
    expect(rows("SELECT name FROM deployment")).toEqual([{ name: LIVE }]);
  });
});

describe("the whole", () => {
  it("asked Cloudflare nothing that the stub does not know", () => {
    expect(cloudflare.unknown).toEqual([]);
  });
});
