import { text } from "node:stream/consumers";
import { afterAll, expect, it } from "vitest";
import { serve } from "../support/node/http-server.ts";
import { runCli } from "../support/node/run-cli.ts";

/** The requests of the command: method, address and body. */
const asked: [method: string | undefined, url: string | undefined, body: string][] = [];

const catalog = await serve(async (request, response) => {
  asked.push([request.method, request.url, await text(request)]);
  response.writeHead(204).end();
});
afterAll(catalog.close);

const AT = "/v1/admin/licenses/lic_1/machines/mach_1";

it.each([
  ["with a reason sends it in the body, where no log of addresses keeps it", ["--reason", "sold"], '{"reason":"sold"}'],
  ["without a reason sends no body", [], ""],
])("machine remove %s", async (_, options, body) => {
  asked.length = 0;
  const run = await runCli(["machine", "remove", "lic_1", "mach_1", "--url", catalog.url, ...options], {
    RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}`,
  });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(asked).toEqual([["DELETE", AT, body]]);
});

it("machine remove --void-lease frees the seat of a lease, too", async () => {
  asked.length = 0;
  const run = await runCli(["machine", "remove", "lic_1", "mach_1", "--url", catalog.url, "--void-lease"], {
    RBEE_ADMIN_TOKEN: `rbee_adm_${"A".repeat(43)}`,
  });
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(asked).toEqual([["DELETE", `${AT}?void_lease=true`, ""]]);
});

it("deactivate with a machine's id frees that machine by the license key", async () => {
  asked.length = 0;
  const key = `rbee_lic_${"0A1B2C3D4E5".repeat(5)}`;
  const run = await runCli(["deactivate", "mach_2", "--url", catalog.url], { RBEE_LICENSE_KEY: key });
  expect(run).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("Deactivated mach_2") });
  expect(asked).toEqual([["DELETE", "/v1/licenses/machines/mach_2", ""]]);
});
