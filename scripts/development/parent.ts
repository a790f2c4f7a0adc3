const LOOK_EVERY_MS = 500;

/**
 * Calls `stop` when the program that holds this one is gone. That is the program at the other end of the IPC channel,
 * if there is one. Else it is npm, which dies of SIGHUP and SIGKILL without telling its script. A start by hand has
 * no such holder: it may go on after its shell, as with `nohup`.
 */
export function onParentEnd(stop: () => void): void {
  if (process.connected) {
    process.once("disconnect", stop);
    process.channel?.unref();
    return;
  }
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, LOOK_EVERY_MS);
  timer.unref();
}
