import { once } from "node:events";
import { createServer, get, type Server } from "node:http";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { type Forwarding, forwardPort } from "../../../scripts/development/forward.ts";

/** The loopback addresses of this machine, some of which have no IPv6. */
const LOOPBACK = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .map(({ address }) => address)
  .filter((address) => address === "127.0.0.1" || address === "::1");

const open: (Server | Forwarding)[] = [];
afterEach(() => {
  for (const one of open.splice(0)) "stop" in one ? one.stop() : one.close();
});

async function listen(server: Server, port = 0, host = "localhost"): Promise<number> {
  await once(server.listen(port, host), "listening");
  open.push(server);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server listens at a port");
  return address.port;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

const bodyAt = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });

describe("forwardPort", () => {
  it("hands requests on with the host that the client asked, until it is stopped", async () => {
    const server = createServer(({ headers, url }, response) => response.end(`${headers.host} ${url}`));
    const to = await listen(server);
    const from = await freePort();
    const forwarding = await forwardPort(from, to);
    if (forwarding === null) throw new Error("the port is free");
    open.push(forwarding);
    expect(await bodyAt(`http://127.0.0.1:${from}/workers`)).toBe(`127.0.0.1:${from} /workers`);
    expect(await bodyAt(`http://localhost:${from}/workers`)).toBe(`localhost:${from} /workers`);
    forwarding.stop();
    await expect(bodyAt(`http://127.0.0.1:${from}/workers`)).rejects.toThrow("ECONNREFUSED");
  });

  it("ends a connection whose server is away", async () => {
    const from = await freePort();
    const forwarding = await forwardPort(from, await freePort());
    if (forwarding === null) throw new Error("the port is free");
    open.push(forwarding);
    await expect(bodyAt(`http://127.0.0.1:${from}/`)).rejects.toThrow();
  });

  it.each(LOOPBACK)("leaves a port alone that another program has at %s", async (host) => {
    const taken = await listen(
      createServer((_, response) => response.end("theirs")),
      0,
      host,
    );
    expect(await forwardPort(taken, await freePort())).toBeNull();
    const shown = host.includes(":") ? `[${host}]` : host;
    expect(await bodyAt(`http://${shown}:${taken}/`)).toBe("theirs");
    // Nothing of ours is left at the other address.
    const other = host === "::1" ? "127.0.0.1" : "[::1]";
    await expect(bodyAt(`http://${other}:${taken}/`)).rejects.toThrow();
  });
});
