import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { takePartFile } from "../../src/cli/hive/download.ts";
import { formatMinisignPublicKey, formatMinisignSignature } from "../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../src/lib/minisign/secret-key.ts";
import { rbeeCatalog, run } from "../end-to-end/program-run.ts";
import { serve } from "../support/node/http-server.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const WORKER = "llm-worker-rbee-cpu";
const BYTES = randomBytes(300_000);
const sha256 = createHash("sha256").update(BYTES).digest("hex");

/** The remark about a worker for a named platform. */
const UNTRIED = "It was not tried out, because it may be for another machine.\n";

let folder = "";
beforeEach(async () => {
  folder = await temporaryFolder();
});

/** A catalog of one worker. It sends the second half of the file once `runs` downloads have the first half. */
async function catalogOf(runs: number): Promise<{ url: string; close: () => void; ranges: string[] }> {
  const key = await generateMinisignKey();
  const blake2b = new Uint8Array(createHash("blake2b512").update(BYTES).digest());
  const minisig = formatMinisignSignature(await signMinisign(key, blake2b, `worker:${WORKER}\tversion:1.0.0`));
  const ranges: string[] = [];
  const goOn: (() => void)[] = [];
  const server = await serve((request, response) => {
    const link = (path: string): string => `http://${request.headers.host}${path}`;
    if (request.url === "/keys/release-signing.pub") response.end(formatMinisignPublicKey(key));
    else if (request.url === "/minisig") response.end(minisig);
    // A catalog from before this operation.
    else if (request.url === "/v1/workers/resolve") response.writeHead(404).end();
    else if (request.url !== "/bytes") {
      const file = { filename: WORKER, size: BYTES.length, sha256, worker_id: WORKER, version: "1.0.0" };
      response.end(JSON.stringify({ ...file, download_url: link("/bytes"), signature_url: link("/minisig") }));
    } else {
      const { range } = request.headers;
      const start = Number(/\d+/.exec(range ?? "")?.[0] ?? 0);
      const half = start + Math.floor((BYTES.length - start) / 2);
      ranges.push(range ?? "");
      response.writeHead(range ? 206 : 200, { "Content-Range": `bytes ${start}-${BYTES.length - 1}/${BYTES.length}` });
      response.write(BYTES.subarray(start, half));
      goOn.push(() => response.end(BYTES.subarray(half)));
      if (goOn.length >= runs) for (const go of goOn) go();
    }
  });
  return { ...server, ranges };
}

const command = () => ["install", WORKER, "--dir", join(folder, "workers"), "--platform", "linux-x86_64"];
const env = (url: string) => ({ DEV_DIR: folder, XDG_CONFIG_HOME: join(folder, "config"), RBEE_CATALOG_URL: url });
const install = (url: string) => rbeeCatalog(command(), env(url));
const installed = () => readFile(join(folder, "workers", WORKER));

it("install: two runs at once both succeed, because each writes its own part", async () => {
  const catalog = await catalogOf(2);
  const runs = await Promise.all([install(catalog.url), install(catalog.url)]);
  catalog.close();
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, UNTRIED],
    [0, UNTRIED],
  ]);
  expect(await readdir(join(folder, "workers"))).toEqual([WORKER]);
  expect((await installed()).equals(BYTES)).toBe(true);
});

it("install resumes the part of an ended run, also one of the install script", async () => {
  const catalog = await catalogOf(1);
  await mkdir(join(folder, "workers"));
  const left = `${WORKER}-${sha256}.999999999.ULBy0My50G.part`;
  await writeFile(join(folder, "workers", left), BYTES.subarray(0, 200_000));
  const { code, stderr } = await install(catalog.url);
  catalog.close();
  expect([code, stderr, catalog.ranges]).toEqual([0, UNTRIED, ["bytes=200000-"]]);
  expect(await readdir(join(folder, "workers"))).toEqual([WORKER]);
  expect((await installed()).equals(BYTES)).toBe(true);
});

it("install fails at once and names the file if it cannot be written", async () => {
  const catalog = await catalogOf(1);
  // In blocks of 512 bytes. The limit acts like a full disk: a part of the worker can be written.
  const inLittleRoom = ["-c", 'ulimit -f 100 && exec "$0" src/cli/main.ts "$@"', process.execPath, ...command()];
  const { code, stderr } = await run("sh", inLittleRoom, { env: env(catalog.url) });
  catalog.close();
  expect([code, stderr, catalog.ranges]).toEqual([1, expect.stringMatching(/\.part cannot be written: EFBIG/), [""]]);
});

it("takePartFile deletes the parts of ended runs of the worker, and nothing else", async () => {
  const stay = [
    `${WORKER}-${sha256}.${process.ppid}.running.part`,
    `${WORKER}-other-${sha256}.999999999.x.part`,
    `${WORKER}-1.0.0.part`,
    WORKER,
  ];
  for (const name of [...stay, `${WORKER}-${"0".repeat(64)}.999999999.x.part`])
    await writeFile(join(folder, name), "x");
  const part = await takePartFile(join(folder, WORKER), sha256);
  expect((await readdir(folder)).sort()).toEqual(stay.sort());
  expect(part).toMatch(new RegExp(`/${WORKER}-${sha256}\\.${process.pid}\\.[0-9a-f]{12}\\.part$`));
});
