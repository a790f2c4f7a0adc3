import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** The port that upstream's newest clients ask in development. */
export const UPSTREAM_PORT = 7811;

/** A port whose connections go to another one. */
export type Forwarding = { stop(): void };

/**
 * Hands each connection of a port on loopback to another port, bytes as they are: the server sees the host that the
 * client asked. Null, and nothing changed, if the port cannot be opened, as when another program has it.
 */
export async function forwardPort(from: number, to: number): Promise<Forwarding | null> {
  const open = new Set<Socket>();
  const servers: Server[] = [];
  const stop = (): void => {
    for (const server of servers) server.close();
    for (const socket of open) socket.destroy();
  };
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer((client) => join(client, connect({ port: to, host: "localhost" }), open));
    try {
      await once(server.listen({ port: from, host, exclusive: true }), "listening");
      servers.push(server);
    } catch (error) {
      // A machine without IPv6 has no ::1. Half a port that another program has would answer one client in two.
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") {
        stop();
        return null;
      }
    }
  }
  return servers.length > 0 ? { stop } : null;
}

/** Lets two sockets speak to each other. The end of one ends the other. */
function join(client: Socket, server: Socket, open: Set<Socket>): void {
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    open.add(socket);
    socket.on("error", () => other.destroy());
    socket.on("close", () => {
      open.delete(socket);
      other.destroy();
    });
    socket.pipe(other);
  }
}
