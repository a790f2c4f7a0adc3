import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Cloudflare } from "../../../scripts/deploy/cloudflare.ts";
import { requireNoNeighbor } from "../../../scripts/deploy/neighbors.ts";
import { type Plan, readPlan } from "../../../scripts/deploy/plan.ts";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { temporaryFolder } from "../../support/node/temporary-folder.ts";

/** The plan of production with these custom domains. */
async function planWith(...hosts: string[]): Promise<Plan> {
  const routes = hosts.map((host) => `{ pattern = "${host}", custom_domain = true }`);
  const path = join(await temporaryFolder(), "wrangler.toml");
  const text = readFileSync(join(PROJECT, "wrangler.toml"), "utf8");
  writeFileSync(path, text.replace(/^routes = .*catalog\.rbee\.dev.*$/m, `routes = [${routes.join(", ")}]`));
  return readPlan(path, null);
}

/** An account without Workers whose custom domains belong to other Workers. */
const accountWith =
  (owners: Record<string, string>): Cloudflare =>
  async (schema, path, { query } = {}) => {
    const hostname = String(query?.["hostname"]);
    const owner = owners[hostname];
    const isDomains = path.endsWith("/workers/domains") && owner !== undefined;
    return schema.parse(isDomains ? [{ hostname, service: owner }] : []);
  };

const nothing = {
  ...{ databases: new Map<string, string>(), buckets: new Set<string>(), namespaces: new Map<string, string>() },
  ...{ queues: new Map<string, string[]>(), jurisdiction: undefined },
};

describe("the hosts of a deployment", () => {
  it("are those of routes, that of PUBLIC_URL first, in whatever order they stand", async () => {
    const { hosts } = await planWith("gwc.rbee.dev", "catalog.rbee.dev");
    expect(hosts).toEqual(["catalog.rbee.dev", "gwc.rbee.dev"]);
    await expect(planWith("gwc.rbee.dev")).rejects.toThrow("gives the Worker no custom domain catalog.rbee.dev");
  });

  it.each(["catalog.rbee.dev", "gwc.rbee.dev"])("are not taken from another Worker: %s", async (host) => {
    const plan = await planWith("catalog.rbee.dev", "gwc.rbee.dev");
    const check = requireNoNeighbor(accountWith({ [host]: "upstream" }), "account", plan, nothing, []);
    await expect(check).rejects.toThrow(`The Worker upstream uses the host ${host}.`);
  });

  it("may be those of the Worker itself", async () => {
    const plan = await planWith("catalog.rbee.dev", "gwc.rbee.dev");
    const own = accountWith({ "catalog.rbee.dev": plan.own.name, "gwc.rbee.dev": plan.own.name });
    expect(await requireNoNeighbor(own, "account", plan, nothing, [])).toEqual([]);
  });
});
