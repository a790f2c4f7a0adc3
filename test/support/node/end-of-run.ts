import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { onParentEnd } from "../../../scripts/development/parent.ts";

/** Waits until its standard input ends, then kills every process that has the mark of the run (on Linux). */
const WATCH = 'cat; cd /proc; for p in [0-9]*; do grep -qs "$MARK" "$p/environ" && kill -9 "$p"; done';

/** Kept for good: the watch's standard input would end with the object. */
let watch: ChildProcess | null = null;

/**
 * Ends every process of a test run when the run ends, even by SIGKILL: its workers, workerd and the servers of suites.
 * Ends the run when npm ends. Call it in the main process of the run, before it starts anything.
 */
export function endAllWithRun(): void {
  if (process.env["RBEE_TEST_RUN"] !== undefined) return;
  onParentEnd(() => process.exit(1));
  const run = randomUUID();
  // The watch itself has it under another name, and in two parts.
  const env = { PATH: process.env["PATH"], MARK: `RBEE_TEST_RUN=${run.slice(0, -1)}[${run.slice(-1)}]` };
  watch = spawn("sh", ["-c", WATCH], { env, stdio: ["pipe", "ignore", "ignore"], detached: true });
  watch.unref();
  process.env["RBEE_TEST_RUN"] = run;
}
