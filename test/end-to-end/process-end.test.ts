import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { PROJECT } from "./program-run.ts";

/** How programs end with their parent. The parents and programs here are small; start.test.ts kills a real start. */

const PARENT = new URL("../../scripts/development/parent.ts", import.meta.url).href;
const END_OF_RUN = new URL("../support/node/end-of-run.ts", import.meta.url).href;
const PRELOAD = new URL("../../scripts/development/end-with-parent.js", import.meta.url).href;

/**
 * The code of a parent that spawns Node.js with these arguments and options, and stays. Its child may write to its
 * output.
 */
const spawning = (args: string[], options: string): string => `
  const { spawn } = await import("node:child_process");
  const child = spawn(process.execPath, ${JSON.stringify(args)}, ${options});
  setInterval(() => {}, 1e6);
`;

const STAYS = 'console.log("up"); setInterval(() => {}, 1e6);';
const WATCHES = `import { onParentEnd } from ${JSON.stringify(PARENT)}; onParentEnd(() => process.exit()); ${STAYS}`;
/** Ends at SIGTERM, but its child does not. */
const STARTS_MORE = `
  import { spawn } from "node:child_process";
  spawn("sh", ["-c", "trap '' TERM; echo up; while true; do sleep 1; done"], { stdio: ["ignore", "inherit", "inherit"] });
  process.on("SIGTERM", () => setTimeout(() => process.exit(), 200));
`;

/**
 * Runs a parent until its child prints `up`, and resolves when it is killed and all that wrote to its output is gone.
 */
async function killed(code: string, env: NodeJS.ProcessEnv, signal: NodeJS.Signals): Promise<void> {
  const parent = spawn(process.execPath, ["--input-type=module", "-e", code], {
    cwd: PROJECT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(parent.stdout, "data");
  const closed = once(parent, "close");
  parent.kill(signal);
  await closed;
}

describe.each(["SIGKILL", "SIGHUP"] as const)("after %s to its parent", (signal) => {
  it("a start under npm ends", async () => {
    const npm = spawning(["--input-type=module", "-e", WATCHES], '{ stdio: ["ignore", "inherit", "inherit"] }');
    await killed(npm, { npm_lifecycle_event: "start" }, signal);
  });

  it("a start under a test run ends", async () => {
    const run = spawning(["--input-type=module", "-e", WATCHES], '{ stdio: ["ignore", "inherit", "inherit", "ipc"] }');
    await killed(run, {}, signal);
  });

  it("wrangler ends, and with it a program that it has started and that ignores SIGTERM", async () => {
    const start = spawning(
      ["--import", PRELOAD, "--input-type=module", "-e", STARTS_MORE],
      '{ stdio: ["pipe", "inherit", "inherit"], detached: true }',
    );
    await killed(start, {}, signal);
  });
});

it.runIf(process.platform === "linux")("after SIGKILL to a test run its programs end, also detached ones", async () => {
  const run = `
    import { spawn } from "node:child_process";
    import { endAllWithRun } from ${JSON.stringify(END_OF_RUN)};
    endAllWithRun();
    spawn("sh", ["-c", "echo up; while true; do sleep 1; done"], { stdio: ["ignore", "inherit", "inherit"], detached: true });
    ${STAYS}
  `;
  await killed(run, { RBEE_TEST_RUN: undefined }, "SIGKILL");
});

it("a start by hand goes on after its parent", async () => {
  const code = spawning(["--input-type=module", "-e", WATCHES], '{ stdio: ["ignore", "inherit", "inherit"] }');
  const parent = spawn(process.execPath, ["--input-type=module", "-e", `${code}; console.log(child.pid)`], {
    env: { ...process.env, npm_lifecycle_event: undefined },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  parent.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await expect.poll(() => output, { timeout: 60_000 }).toContain("up");
  const exited = once(parent, "exit");
  const closed = once(parent, "close").then(() => "ended");
  parent.kill("SIGKILL");
  await exited;
  const later = new Promise((resolve) => setTimeout(resolve, 1_500, "goes on"));
  expect(await Promise.race([closed, later])).toBe("goes on");
  process.kill(Number(/\d+/.exec(output)?.[0]), "SIGKILL");
  await closed;
});
