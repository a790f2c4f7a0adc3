import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningCatalog, startCatalog } from "../end-to-end/running-catalog.ts";
import { installed } from "../support/node/installed.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";

const PREMIUM = "llm-worker-rbee-premium-cpu";
const FILE = `${PREMIUM}-linux-x86_64`;
const MiB = 1024 * 1024;
/** Three pieces, each of which is decided on. */
const binary = Buffer.alloc(48 * MiB, "rbee");

let catalog: RunningCatalog;

beforeAll(async () => {
  catalog = await startCatalog();
  const path = join(workDirectory(), FILE);
  writeFileSync(path, binary);
  await catalog.publish(PREMIUM, "1.1.0", [path]);
});

afterAll(() => catalog?.stop());

describe.skipIf(!installed("curl"))("a download by curl", () => {
  it("is cut when its license is revoked meanwhile, resumes, and is told why", async () => {
    const { id, key } = await catalog.issue("premium-monthly");
    const home = workDirectory();
    const netrc = `machine localhost login cut password ${key}\n`;
    await runAsUser(home, ["sh", "-c", 'umask 077; printf %s "$0" >.netrc', netrc]);
    const url = `${catalog.url}/v1/workers/${PREMIUM}/1.1.0/files/${FILE}`;
    const path = join(home, FILE);
    let ended = false;
    const running = runAsUser(home, ["curl", "-sSLO", "--netrc-optional", "--limit-rate", "4M", url]).finally(() => {
      ended = true;
    });
    while (!ended && (!existsSync(path) || statSync(path).size < MiB)) await sleep(50);
    expect((await catalog.admin("license", "revoke", id, "--reason", "leaked")).code).toBe(0);
    // Curl's code for a transfer that ended before its Content-Length.
    expect((await running).code).toBe(18);
    const received = readFileSync(path);
    expect(received.length).toBeLessThan(binary.length);
    expect(received.equals(binary.subarray(0, received.length))).toBe(true);
    const resumed = ["curl", "-sSLO", "--netrc-optional", "--fail", "-C", "-", url];
    expect((await runAsUser(home, resumed)).code).not.toBe(0);
    expect(readFileSync(path)).toEqual(received);
    const refused = await runAsUser(home, ["curl", "-sSL", "--netrc-optional", url]);
    expect(JSON.parse(refused.stdout)).toMatchObject({ code: "LICENSE_REVOKED" });
  });
});
