// Preloaded into wrangler (`node --import`). Its standard input is a pipe that its parent holds and never writes to:
// when the pipe ends, the parent is gone, even by SIGKILL. Then the whole process group ends: wrangler, workerd and
// esbuild.
import { isMainThread } from "node:worker_threads";

const GRACE_MS = 3_000;

/** Sends a signal to the group that this process leads. */
function signalGroup(signal) {
  try {
    process.kill(-process.pid, signal);
  } catch {
    // This process leads no group: its own parent sees to it.
  }
}

if (isMainThread) {
  process.stdin.on("error", () => {});
  process.stdin.once("close", () => {
    // Wrangler has time to close its files; nothing that it has started survives it.
    process.once("exit", () => signalGroup("SIGKILL"));
    setTimeout(() => signalGroup("SIGKILL"), GRACE_MS);
    signalGroup("SIGTERM");
  });
  process.stdin.resume();
  process.stdin.unref();
}
