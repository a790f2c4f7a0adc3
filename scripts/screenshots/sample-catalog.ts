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
import { historySql, oddPurchasesSql, renewalMailSql } from "./sample-history.ts";
import { makeLicenses, OWNER, type SampleLicenses } from "./sample-licenses.ts";
import { publishSamples, type SampleReleases } from "./sample-releases.ts";

const Start = z.object({ url: z.string(), admin_token: z.string(), stripe_control_url: z.string() });
const Made = z.looseObject({ admin_token: z.looseObject({ id: z.string() }), token: z.string() });

const Endpoint = z.looseObject({ endpoint: z.looseObject({ id: z.string() }) });

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
  /** The id of a webhook endpoint, which is disabled: nothing leaves the machine. */
  webhook: string;
  /**
   * The paths of mailed links: to the account of `OWNER`, one for the sign-in and one that stays unused; and the one
   * that turns off the receipts of renewals.
   */
  links: { used: string; fresh: string; emails: string };
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
    const { endpoint } = await client.json(Endpoint, {
      method: "POST",
      path: "/v1/admin/webhooks",
      body: {
        url: "https://crm.example.com/hooks/rbee",
        description: "CRM",
        types: ["license.*"],
        reason: "for the CRM",
      },
    });
    await client.json(Endpoint, {
      method: "POST",
      path: `/v1/admin/webhooks/${endpoint.id}/disable`,
      body: { reason: "the CRM is being moved" },
    });
    // The links to the owner, in the order of their mails. Other mails reach the same address meanwhile.
    const mailedLinks = async (path: "recover" | "emails"): Promise<string[]> => {
      const files = mailsTo(OWNER, await readFile(paths.serverLog, "utf8"));
      const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
      return texts.flatMap((text) => new RegExp(`\\S+(/${path}/\\S+)`).exec(text)?.[1] ?? []);
    };
    const newLink = async (path: "recover" | "emails", cause: () => Promise<unknown>): Promise<string> => {
      const seen = (await mailedLinks(path)).length;
      await cause();
      await within(20, async () => (await mailedLinks(path)).length > seen);
      const link = (await mailedLinks(path)).at(seen);
      if (link === undefined) throw new Error(`no mail to ${OWNER} has a link to /${path}`);
      return link;
    };
    const recover = () =>
      new CatalogClient({ url }).send({ method: "POST", path: "/v1/licenses/recover", body: { email: OWNER } });
    const renew = async () => {
      await (await openLedger(url)).execute([{ sql: renewalMailSql(licenses.monthly.licenseId, OWNER, now) }]);
      await fetch(`${url}/cdn-cgi/local/scheduled`);
    };
    return {
      url,
      licenses,
      releases,
      publisher: publisher.id,
      webhook: endpoint.id,
      stop,
      tokens: { owner: adminToken, support: support.token, supportId: support.admin_token.id },
      links: {
        used: await newLink("recover", recover),
        fresh: await newLink("recover", recover),
        emails: await newLink("emails", renew),
      },
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
