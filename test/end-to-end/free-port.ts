import { once } from "node:events";
import { createServer } from "node:net";

/** Below every system's ephemeral ports (Linux 32768, macOS and Windows 49152), above the one that `fetch` and browsers refuse (10080). */
const LOWEST = 11_000;
const HIGHEST = 32_000;
/** A process takes its ports from a run of its own, so that tests which start at the same moment are not told the same one. */
const PORTS_OF_A_PROCESS = 8;

let taken = 0;

/**
 * A port on which nobody listens, and which nobody else is likely to take before a server that needs half a minute to start
 * listens there: the system gives its ephemeral ports to every outgoing connection, so what was free at the start would not
 * always be free by then. Throws if all of the range is busy.
 */
export async function freePort(): Promise<number> {
  const range = HIGHEST - LOWEST;
  for (let tries = 0; tries < range; tries += 1) {
    const port = LOWEST + ((process.pid * PORTS_OF_A_PROCESS + taken++) % range);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port between ${LOWEST} and ${HIGHEST} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, exclusive: true });
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
