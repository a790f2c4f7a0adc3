import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { DevelopmentPaths } from "./paths.ts";
import { signalGroup, spawnWrangler } from "./wrangler.ts";

const READY_WITHIN_MS = 120_000;
/** A start that takes longer shows what wrangler says: most likely that the code does not build. */
const QUIET_FOR_MS = 15_000;
const STOP_WITHIN_MS = 5_000;

/** Throws, saying what to do, if another program listens on this port of the loopback interface. */
export async function refuseBusyPort(port: number): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const probe = createServer().listen({ port, host, exclusive: true });
    try {
      await once(probe, "listening");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EADDRINUSE") {
        throw new Error(`Port ${port} is in use. Stop what listens there, or take another: PORT=${port + 1} npm start`);
      }
      if (code === "EACCES") throw new Error(`Port ${port} may not be opened by this user. Try PORT=8787 npm start`);
      // A machine without IPv6 has no ::1 to be busy.
    } finally {
      probe.close();
    }
  }
}

/** A running `wrangler dev`. */
export type DevelopmentServer = {
  /**
   * Resolves when the Worker is well. Throws, having shown what wrangler and the Worker said, if it ends, takes two minutes, or
   * refuses its configuration.
   */
  ready(signal: AbortSignal): Promise<void>;
  /** Shows on the terminal what wrangler and the Worker log from here on. */
  showLog(): void;
  /** Resolves with the exit code when wrangler has ended, whoever ended it. */
  exited: Promise<number>;
  /** Ends wrangler and workerd; repeatable. */
  stop(): Promise<void>;
};

/** Starts the Worker on `http://localhost:<port>` (IPv4 and IPv6), with the variables and the data that `paths` name. */
export function startServer(
  paths: DevelopmentPaths,
  port: number,
  variables: Record<string, string>,
): DevelopmentServer {
  const child = spawnWrangler([
    "dev",
    ...["--port", String(port), "--ip", "localhost", "--inspector-port", "0"],
    ...["--persist-to", paths.state, "--show-interactive-dev-session=false"],
    // Without --env-file wrangler reads .dev.vars.
    ...(paths.isolated ? ["--env-file", paths.variables] : []),
    ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  ]);
  let unseen: Buffer[] | null = [];
  const onOutput = (chunk: Buffer): void => {
    if (unseen) unseen.push(chunk);
    else process.stderr.write(chunk);
  };
  child.stdout?.on("data", onOutput);
  child.stderr?.on("data", onOutput);
  const exited = once(child, "close").then(([code]) => (typeof code === "number" ? code : 1));
  let ended = false;
  void exited.then(() => {
    ended = true;
  });

  return {
    exited,
    async ready(signal) {
      const startedAt = Date.now();
      for (;;) {
        const health = await healthOf(port);
        if (health === "well") return;
        signal.throwIfAborted();
        await sleep(200);
        const waited = Date.now() - startedAt;
        if (unseen !== null && (ended || health === "refuses" || waited > QUIET_FOR_MS)) {
          process.stderr.write(Buffer.concat(unseen));
          unseen = null;
        }
        if (health === "refuses") {
          throw new Error(`The Worker refuses its configuration, see above: ${paths.variables}, or wrangler.toml.`);
        }
        if (ended || waited > READY_WITHIN_MS) throw new Error("The Worker did not start.");
      }
    },
    showLog() {
      unseen = null;
    },
    async stop() {
      if (ended) return;
      signalGroup(child, "SIGTERM");
      if ((await Promise.race([exited, sleep(STOP_WITHIN_MS, "late", { ref: false })])) === "late") {
        signalGroup(child, "SIGKILL");
        await exited;
      }
    },
  };
}

/** What `/health` says. It looks at nothing but the configuration, so a problem that the Worker itself answers with is about that. */
async function healthOf(port: number): Promise<"well" | "refuses" | "silent"> {
  try {
    const response = await fetch(`http://localhost:${port}/health`, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    if (response.ok) return "well";
    return response.headers.get("Content-Type")?.startsWith("application/problem+json") ? "refuses" : "silent";
  } catch {
    return "silent";
  }
}
