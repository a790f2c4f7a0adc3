import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { freePort } from "./free-port.ts";

const MODULE = new URL("./free-port.ts", import.meta.url).href;
const ASK = `import(${JSON.stringify(MODULE)}).then(async ({ freePort }) => console.log(await freePort(), await freePort()))`;

/** Two ports that another process gets at the same time. */
async function askedElsewhere(): Promise<number[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", ASK]);
  return stdout.trim().split(" ").map(Number);
}

it("a free port is below the ports of outgoing connections", async () => {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "49152 65535");
  expect(await freePort()).toBeLessThan(Number(range.split(/\s/)[0]));
});

it("a free port is given once, in this process and in others that ask at the same time", async () => {
  const ports = (await Promise.all([askedElsewhere(), askedElsewhere(), askedElsewhere()])).flat();
  ports.push(await freePort(), await freePort());
  expect(new Set(ports).size).toBe(ports.length);
});

it("a free port has no listener", async () => {
  const busy = (await freePort()) + 1;
  const server = createServer().listen(busy);
  try {
    await once(server, "listening");
    expect(await freePort()).not.toBe(busy);
  } finally {
    server.close();
  }
});
