import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { accountOf, requirePermissions } from "../../../scripts/deploy/account.ts";
import { type Cloudflare, listAll, openCloudflare } from "../../../scripts/deploy/cloudflare.ts";

/** Some lists of Cloudflare have pages of their own length, and others ignore `page`. */
const PAGES: Record<string, (page: number) => number[]> = {
  "/short-pages": (page) => [[1, 2], [3, 4], [5]][page - 1] ?? [],
  "/whole": () => Array.from({ length: 100 }, (_, index) => index),
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://stub");
  if (pathname === "/cut") return void request.socket.destroy();
  const result = PAGES[pathname]?.(Number(searchParams.get("page")));
  const body = { success: result !== undefined, errors: [{ code: 10013, message: "Internal error" }], result };
  return void response.writeHead(result === undefined ? 500 : 200).end(JSON.stringify(body));
});

let cloudflare: Cloudflare;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  cloudflare = openCloudflare({
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
    CLOUDFLARE_API_TOKEN: "token",
  });
});
afterAll(() => server.close());

describe("the API of Cloudflare", () => {
  it("without an answer is named, and the operator is told to run the deployment again", async () => {
    await expect(cloudflare(z.unknown(), "/cut", { method: "POST", body: {} })).rejects.toMatchObject({
      name: "Refused",
      message: expect.stringMatching(/^Cloudflare did not answer POST \/cut: .+ Run this again: it continues/),
    });
  });

  it("is asked for pages until one brings nothing new", async () => {
    expect(await listAll(cloudflare, z.number(), "/short-pages")).toEqual([1, 2, 3, 4, 5]);
    expect(await listAll(cloudflare, z.number(), "/whole")).toHaveLength(100);
  });

  it("with an error of its own says nothing about the token", async () => {
    await expect(accountOf(cloudflare, {})).rejects.toThrow("Internal error");
    await expect(requirePermissions(cloudflare, "account", ["catalog.rbee.dev"])).resolves.toBeUndefined();
  });
});
