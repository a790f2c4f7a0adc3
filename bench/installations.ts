import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { PROJECT } from "../scripts/development/paths.ts";
import { CatalogClient } from "../src/cli/catalog-client.ts";
import type { MinisignSecretKey } from "../src/lib/minisign/secret-key.ts";
import type { Harness } from "./harness.ts";
import { median } from "./measurement.ts";
import { createOwnerToken } from "./sample-licenses.ts";
import { publishSample } from "./sample-releases.ts";

const ROUNDS = 3;
const SIZE = 256 * 1024 ** 2;
const SAMPLE = { workerId: "llm-worker-rbee-premium-metal", version: "1.0.0", size: SIZE };
const FILENAME = `${SAMPLE.workerId}-${SAMPLE.version}-linux-x86_64`;
const Issued = z.looseObject({ key: z.string() });
const Activated = z.looseObject({ token: z.string() });

/** The programs that are compared, by name. */
const PROGRAMS = ["rbee-catalog", "curl", "aria2c"] as const;
type Program = (typeof PROGRAMS)[number];

/** The seconds of each program (null: it is not installed), and the time of the faster other one divided by ours. */
export type Installation = { size: number; seconds: Record<Program, number | null>; ratio: number | null };

/**
 * Installs a licensed file of 256 MiB by `rbee-catalog install`, next to downloads of the same file by curl and by
 * aria2c with four connections. The command checks the sum and the signature as well. Each program is started anew, and
 * all write to memory if the system has such a folder.
 */
export async function measureInstallation(harness: Harness, secretKey: MinisignSecretKey): Promise<Installation> {
  const url = `http://127.0.0.1:${harness.local}`;
  const client = new CatalogClient({ url, credential: await createOwnerToken(harness.ledger) });
  await publishSample(client, secretKey, SAMPLE);
  const body = { plan: "premium-lifetime", email: "bench@example.com" };
  const { key } = await client.json(Issued, { method: "POST", path: "/v1/admin/licenses", body });
  const activation = { method: "POST", path: "/v1/licenses/activate", credential: key } as const;
  const { token } = await client.json(Activated, { ...activation, body: { fingerprint: "curl" } });
  const home = await mkdtemp(join(tmpdir(), "rbee-bench-home-"));
  try {
    await run([...COMMAND, "--url", url, "activate"], { HOME: home, RBEE_LICENSE_KEY: key });
    return await compare((folder) => commands(url, token, folder), home);
  } finally {
    await rm(home, { recursive: true });
  }
}

const COMMAND = [process.execPath, join(PROJECT, "src/cli/rbee-catalog.js")];

/** The command line of each program, which writes to `folder`. */
function commands(url: string, token: string, folder: string): Record<Program, readonly string[]> {
  const file = `${url}/v1/workers/${SAMPLE.workerId}/${SAMPLE.version}/files/${FILENAME}`;
  const header = `Authorization: Bearer ${token}`;
  return {
    "rbee-catalog": [
      ...[...COMMAND, "--url", url, "install", SAMPLE.workerId],
      ...["--platform", "linux-x86_64", "--dir", folder],
    ],
    curl: ["curl", "--fail", "--silent", "--location", "--header", header, "--output", join(folder, FILENAME), file],
    aria2c: [
      ...["aria2c", "-x4", "--quiet", "--file-allocation=none", "--header", header],
      ...["--dir", folder, "--out", FILENAME, file],
    ],
  };
}

/** Runs the programs in turns. `linesFor` gives their command lines for a folder. */
async function compare(
  linesFor: (folder: string) => Record<Program, readonly string[]>,
  home: string,
): Promise<Installation> {
  const times = new Map<Program, number[]>(PROGRAMS.map((program) => [program, []]));
  // The first round is a warm-up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const program of round % 2 === 0 ? PROGRAMS : PROGRAMS.toReversed()) {
      const folder = await mkdtemp("/dev/shm/rbee-bench-").catch(() => mkdtemp(join(tmpdir(), "rbee-bench-")));
      const begun = performance.now();
      const isThere = await run(linesFor(folder)[program], { HOME: home });
      if (round > 0 && isThere) times.get(program)?.push((performance.now() - begun) / 1000);
      await rm(folder, { recursive: true });
    }
  }
  const secondsOf = (program: Program): number | null => {
    const measured = times.get(program) ?? [];
    return measured.length === 0 ? null : median(measured);
  };
  const seconds = { "rbee-catalog": secondsOf("rbee-catalog"), curl: secondsOf("curl"), aria2c: secondsOf("aria2c") };
  const others = [seconds.curl, seconds.aria2c].filter((measured) => measured !== null);
  const ours = seconds["rbee-catalog"];
  return { size: SIZE, seconds, ratio: ours === null || others.length === 0 ? null : Math.min(...others) / ours };
}

/** Runs a program to its end. Returns whether it is installed. Throws if it fails. */
function run([command = "", ...args]: readonly string[], env: Record<string, string>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += text;
    });
    child.on("error", (error) => ("code" in error && error.code === "ENOENT" ? resolve(false) : reject(error)));
    child.on("close", (code) => (code === 0 ? resolve(true) : reject(new Error(`${command} failed: ${errors}`))));
  });
}
