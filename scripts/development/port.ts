import { once } from "node:events";
import { createServer } from "node:net";

export const DEFAULT_PORT = 8787;

/** The port that `PORT` asks for, 8787 if it is unset. Throws on anything but a number from 1 to 65535. */
export function readPort(text: string | undefined): number {
  if (text === undefined || text === "") return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error(`PORT must be a number from 1 to 65535, not "${text}".`);
  return port;
}

/** Throws an error with the remedy if another program listens on this port of the loopback interface. */
export async function refuseBusyPort(port: number): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const probe = createServer().listen({ port, host, exclusive: true });
    try {
      await once(probe, "listening");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EADDRINUSE") {
        throw new Error(`Port ${port} is in use. Stop the program on it, or take another: PORT=${port + 1} npm start`);
      }
      if (code === "EACCES") throw new Error(`Port ${port} may not be opened by this user. Try PORT=8787 npm start`);
      // A machine without IPv6 has no ::1 to be busy.
    } finally {
      probe.close();
    }
  }
}
