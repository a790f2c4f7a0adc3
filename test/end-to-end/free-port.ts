import { once } from "node:events";
import { createServer } from "node:net";

/** Below every system's ephemeral ports (Linux 32768, macOS 49152), above those that `fetch` and browsers refuse. */
const LOWEST = 11_000;
const HIGHEST = 32_000;
/** Each process has its own range, so tests that start at the same moment get different ports. */
const PORTS_OF_A_PROCESS = 8;

let taken = 0;

/**
 * A port without a listener that stays free until a slow server listens on it. It is no ephemeral port, because the
 * system gives those to outgoing connections in the meantime. Throws if the whole range is busy.
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
