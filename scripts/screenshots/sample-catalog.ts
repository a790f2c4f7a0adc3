import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { within } from "../../test/end-to-end/buyer.ts";
import { launch, ready } from "../../test/end-to-end/development-server.ts";
import { freePort } from "../../test/end-to-end/free-port.ts";
import { ensureReleaseKey } from "../development/credentials.ts";
import { openLedger } from "../development/ledger.ts";
import { developmentPaths } from "../development/paths.ts";
import { historySql, oddPurchasesSql } from "./sample-history.ts";
import { makeLicenses, OWNER, type SampleLicenses } from "./sample-licenses.ts";
import { publishSamples, type SampleReleases } from "./sample-releases.ts";

const Start = z.object({ url: z.string(), admin_token: z.string(), stripe_control_url: z.string() });
const Made = z.looseObject({ admin_token: z.looseObject({ id: z.string() }), token: z.string() });

const Added = z.looseObject({ publisher: z.looseObject({ id: z.string() }) });

/** A catalog with data for every page. */
export type SampleCatalog = {
  url: string;
  licenses: SampleLicenses;
  releases: SampleReleases;
  /** The admin tokens of the owner and of a support desk, which cannot change releases. */
  tokens: { owner: string; support: string; supportId: string };
  /** The id of a trusted publisher. */
  publisher: string;
  /** The paths of mailed links to the account of `OWNER`: one for the sign-in, and one that stays unused. */
  links: { used: string; fresh: string };
  stop(): Promise<void>;
};

/** Starts the servers of `npm start` in a temporary folder and fills the catalog. */
export async function startSampleCatalog(): Promise<SampleCatalog> {
  const folder = await mkdtemp(join(tmpdir(), "rbee-sample-"));
  const server = await ready(launch(folder, await freePort()));
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const paths = developmentPaths(folder);
    const start = Start.parse(JSON.parse(await readFile(paths.start, "utf8")));
    const { url, admin_token: adminToken, stripe_control_url: controlUrl } = start;
    const client = new CatalogClient({ url, credential: adminToken });
    const releaseKey = await ensureReleaseKey(paths.releaseKey);
    const releases = await publishSamples({ client, releaseKey, folder });
    const licenses = await makeLicenses({ client, controlUrl });

    const now = Math.floor(Date.now() / 1000);
    const statistics = await openLedger(url, "STATISTICS");
    await statistics.execute([{ sql: historySql(licenses.lifetime.licenseId, now) }]);
    await (await openLedger(url)).execute([{ sql: oddPurchasesSql(now) }]);

    // Runs the cron.
    await fetch(`${url}/cdn-cgi/local/scheduled`);
    const support = await client.json(Made, {
      method: "POST",
      path: "/v1/admin/tokens",
      body: { name: "support desk", scopes: ["licenses:write", "audit:read"] },
    });
    const { publisher } = await client.json(Added, {
      method: "POST",
      path: "/v1/admin/publishers",
      body: {
        ...{ repository: "rbee-dev/workers", repository_id: "741852963", repository_owner_id: "65" },
        ...{ workflow: "release.yml", environment: "release", worker_ids: ["llm-worker-rbee-premium-*"] },
        reason: "releases come from CI",
      },
    });
    const mailedLink = async (): Promise<string> => {
      const mails = async (): Promise<string[]> => mailsTo(OWNER, await readFile(paths.serverLog, "utf8"));
      const seen = (await mails()).length;
      await new CatalogClient({ url }).send({ method: "POST", path: "/v1/licenses/recover", body: { email: OWNER } });
      await within(20, async () => (await mails()).length > seen);
      const text = await readFile((await mails()).at(-1) ?? "", "utf8");
      const link = /\S+(\/recover\/\S+)/.exec(text)?.[1];
      if (link === undefined) throw new Error(`no link in the mail:\n${text}`);
      return link;
    };
    return {
      url,
      licenses,
      releases,
      publisher: publisher.id,
      stop,
      tokens: { owner: adminToken, support: support.token, supportId: support.admin_token.id },
      links: { used: await mailedLink(), fresh: await mailedLink() },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The files with the mails to an address, oldest first, from wrangler's log. */
const mailsTo = (address: string, log: string): string[] =>
  log
    .split("send_email binding called")
    .filter((mail) => mail.includes(`To: ${address}\n`) && mail.includes("Text: "))
    .map((mail) => /Text: (\S+)/.exec(mail)?.[1] ?? "");
