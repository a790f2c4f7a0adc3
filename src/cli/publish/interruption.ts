/**
 * Runs `work`. On Ctrl-C or SIGTERM it says `advice` to the person, and the process ends by that signal, as it would
 * without this.
 */
export async function withAdvice<Value>(advice: string, work: () => Promise<Value>): Promise<Value> {
  const end = (signal: NodeJS.Signals): void => {
    for (const name of SIGNALS) process.removeListener(name, end);
    // Below the progress bar, which Ctrl-C leaves unfinished.
    process.stderr.write(`\n${advice}\n`);
    process.kill(process.pid, signal);
  };
  for (const name of SIGNALS) process.on(name, end);
  try {
    return await work();
  } finally {
    for (const name of SIGNALS) process.removeListener(name, end);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
