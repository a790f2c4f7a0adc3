import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";

const ask = (path: string) => exports.default.fetch(`https://catalog.test${path}`, { redirect: "manual" });

it.each(["/arch/rbee/os/x86_64", "/arch/rbee-premium/os/aarch64/"])(
  "the address of a pacman repository, %s, leads a person to the guide",
  async (path) => {
    const response = await ask(path);
    expect([response.status, response.headers.get("Location")]).toEqual([303, "/install"]);
  },
);

it.each(["/arch/core/os/x86_64", "/arch/rbee/os/i686/"])("%s is no repository", async (path) => {
  expect((await ask(path)).status).toBe(404);
});
