import { setTimeout as sleep } from "node:timers/promises";
import type { DevelopmentPaths } from "./paths.ts";
import { type LogFile, openLog, say, shortPath } from "./screen.ts";
import { startWrangler } from "./wrangler.ts";

/** How often production runs its cron trigger (wrangler.toml), in milliseconds. */
const CRON_PERIOD_MS = 60_000;
/** A start that takes longer is told to go on, again and again. */
const SAY_EVERY_MS = 15_000;
/**
 * A start fails when wrangler says nothing for so long. While it says something, a slow machine has all the time it
 * needs.
 */
const SILENT_FOR_MS = 300_000;

/** A running `wrangler dev`. */
export type DevelopmentServer = {
  log: LogFile;
  /**
   * Resolves when the Worker is healthy. Throws, with the end of the log, if wrangler ends, is silent for five
   * minutes, or the Worker refuses its configuration.
   */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * From here on, shows the first line of each error of wrangler on the screen: most likely that code does not build.
   */
  showErrors(): void;
  /** Resolves with the exit status when wrangler and workerd have ended. */
  exited: Promise<number>;
  /** Ends wrangler and workerd. Repeatable. */
  stop(): Promise<void>;
};

/**
 * Starts the Worker on `http://localhost:<port>` (IPv4 and IPv6), with the variables and the data that `paths` name.
 */
export function startServer(
  paths: DevelopmentPaths,
  port: number,
  variables: Record<string, string>,
): DevelopmentServer {
  const log = openLog(paths.serverLog);
  const heard = { at: Date.now(), showsErrors: false, hasEnded: false };
  const child = startWrangler(
    [
      "dev",
      "--env=",
      ...["--port", String(port), "--ip", "localhost", "--inspector-port", "0"],
      // Requests keep the host that they were sent to. Otherwise wrangler gives them the host of production's route.
      "--infer-origin-from-routes=false",
      ...["--assets", paths.public],
      ...["--persist-to", paths.state, "--show-interactive-dev-session=false"],
      // Without --env-file wrangler reads .dev.vars.
      ...(paths.isolated ? ["--env-file", paths.variables] : []),
      ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    (text) => {
      heard.at = Date.now();
      log.write(text);
      if (heard.showsErrors) for (const error of errorsIn(text)) say(`${error}. See ${shortPath(log.path)}`);
    },
  );
  void child.exited.then(() => {
    heard.hasEnded = true;
  });
  const failure = (sentence: string): Error =>
    new Error(`${sentence} The end of ${shortPath(log.path)}:\n${log.end()}`);

  return {
    log,
    exited: child.exited,
    async ready(signal) {
      const startedAt = Date.now();
      for (let said = 1; ; ) {
        const health = await healthOf(port);
        if (health === "well") return;
        signal.throwIfAborted();
        if (health === "refuses") {
          const reason = await refusalIn(log);
          throw new Error(
            `The Worker refuses its configuration. ${reason}. Correct it in ${paths.variables} or wrangler.toml.`,
          );
        }
        if (heard.hasEnded) throw failure("The Worker did not start.");
        const now = Date.now();
        if (now - heard.at > SILENT_FOR_MS) throw failure("Wrangler has said nothing for five minutes.");
        if (now - startedAt > said * SAY_EVERY_MS) say(`Still building it (${(said++ * SAY_EVERY_MS) / 1000} s)`);
        await sleep(200);
      }
    },
    showErrors() {
      heard.showsErrors = true;
    },
    stop: child.stop,
  };
}

/** The errors of wrangler itself in its output. The Worker logs JSON, which stays in the log. */
const errorsIn = (text: string): string[] =>
  [...text.matchAll(/^✘ \[ERROR\] (?!\{)(.+)$/gm)].map(
    ([, message = ""]) => `Wrangler: ${message.replace(/[:.]$/, "")}`,
  );

/** Why the Worker has refused its configuration: its log says so, moments after its answer. */
async function refusalIn(log: LogFile): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const [, reason] = /"message":"Configuration: ((?:[^"\\]|\\.)*)"/.exec(log.end()) ?? [];
    if (reason !== undefined) return reason;
    await sleep(100);
  }
  return `See ${shortPath(log.path)}`;
}

/**
 * The state that `/health` reports. It checks only the configuration, so a problem from the Worker itself is about
 * that.
 */
async function healthOf(port: number): Promise<"well" | "refuses" | "silent"> {
  try {
    const response = await fetch(`http://localhost:${port}/health`, { signal: AbortSignal.timeout(60_000) });
    await response.body?.cancel();
    if (response.ok) return "well";
    return response.headers.get("Content-Type")?.startsWith("application/problem+json") ? "refuses" : "silent";
  } catch {
    return "silent";
  }
}

/** Fires the Worker's cron trigger every minute until the returned function is called: `wrangler dev` never does. */
export function startCron(url: string, log: LogFile): () => void {
  const timer = setInterval(() => {
    fetch(`${url}/cdn-cgi/local/scheduled`, { signal: AbortSignal.timeout(CRON_PERIOD_MS / 2) })
      .then((response) => response.body?.cancel())
      .catch((error: unknown) => log.write(`The cron trigger could not be fired: ${error}\n`));
  }, CRON_PERIOD_MS);
  return () => clearInterval(timer);
}
