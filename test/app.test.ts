import { expect, it } from "vitest";
import { app } from "../src/app.ts";

const { routes } = await app.whole();

it("rooms: every route of the API's description is answered by the router of its own path", async () => {
  const lost: string[] = [];
  for (const { method, path } of routes.filter(({ path }) => path !== "/*")) {
    const router = await app.routerOf(path.replaceAll(/:\w+/g, "x").replace("/*", ""));
    if (!router.routes.some((route) => route.method === method && route.path === path)) lost.push(`${method} ${path}`);
  }
  expect(lost).toEqual([]);
});

it("rooms: a router has the rooms of its own path only", async () => {
  const paths = async (path: string) => new Set((await app.routerOf(path)).routes.map((route) => route.path));
  expect(await paths("/v1/licenses/me")).not.toContain("/v1/licenses/recover");
  expect(await paths("/v1/licenses/recover")).toContain("/account");
  expect(await paths("/v1/workers/cpu")).toContain("/v1/workers/:id/:version/download");
  expect(await paths("/v1/workers/cpu")).not.toContain("/admin");
});

it("rooms: a path of no room is answered where repositories are, whose names come first in a path", async () => {
  for (const path of ["/llm-worker-rbee-cpu.git/info/refs", "/nowhere", "/adminx"]) {
    expect((await app.routerOf(path)).routes.map((route) => route.path)).toContain("/:repository/info/refs");
  }
});
