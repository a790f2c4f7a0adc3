import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { launch, ready } from "./development-server.ts";
import { freePort } from "./free-port.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Answers 202 while the shared catalog starts, then its folder. The first request starts it. */
    sharedCatalog: string;
  }
}

/** Runs the shared catalog beside the tests, from the first suite that asks for it until the last test is done. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let state: { status: number; text: string } | null = null;
  let running: Promise<() => Promise<void>> | null = null;

  async function start(): Promise<() => Promise<void>> {
    const folder = await mkdtemp(join(tmpdir(), "rbee-shared-"));
    const server = launch(folder, await freePort());
    state = await ready(server).then(
      () => ({ status: 200, text: folder }),
      (error: unknown) => ({ status: 500, text: String(error) }),
    );
    return async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
  }

  const door = createServer((_request, response) => {
    running ??= start();
    response.writeHead(state?.status ?? 202).end(state?.text);
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const address = door.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  project.provide("sharedCatalog", `http://127.0.0.1:${address.port}`);
  return async () => {
    door.close();
    await (await running)?.();
  };
}
