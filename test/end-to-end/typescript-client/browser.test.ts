import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as Client from "../../../clients/typescript/src/index.ts";
import { PROJECT } from "../../../scripts/development/paths.ts";
import { licenseTokens, signatures, statusLists } from "../../support/vectors.ts";
import { findChromium, launchChromium, openWindow } from "../browser.ts";
import type { Catalog } from "../running-catalog.ts";
import { sharedCatalog } from "../shared-catalog.ts";
import { buildClient } from "./packed.ts";

/** The published files of the client in a real browser, on a page of the catalog's origin, without a bundler. */

declare global {
  interface Window {
    client: typeof Client;
  }
}

const WORKER = "llm-worker-rbee-premium-cpu";
const PAGE = `<!doctype html><title>Client</title>
<script type="importmap">{ "imports": { "rbee-catalog-client": "./client/index.js", "@noble/hashes/": "./noble/" } }</script>
<script type="module">import * as client from "rbee-catalog-client"; window.client = client;</script>`;

const chromium = findChromium();
if (chromium === null) console.warn("No Chromium on the PATH: the TypeScript client is not tried in a browser.");

describe.skipIf(chromium === null)("in a browser (needs Chromium)", () => {
  let root = "";
  let catalog: Catalog;
  let browser: Browser;
  let page: Page;
  let faults: string[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "rbee-client-browser-"));
    await buildClient(root);
    catalog = await sharedCatalog();
    browser = await launchChromium(chromium ?? "");
    ({ page, faults } = await openWindow(browser, catalog.url));
    const noble = await realpath(join(PROJECT, "node_modules/@noble/hashes"));
    await page.route(`${catalog.url}/client-page/**`, async (route) => {
      const [, , folder = "", name = ""] = new URL(route.request().url()).pathname.split("/");
      if (name === "") return route.fulfill({ contentType: "text/html", body: PAGE });
      const path = join(folder === "noble" ? noble : join(root, "dist"), name);
      return route.fulfill({ contentType: "text/javascript", body: await readFile(path) });
    });
    await page.goto(`${catalog.url}/client-page/`);
    await page.waitForFunction(() => window.client !== undefined);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(root, { recursive: true, force: true });
  });

  it("lists workers, activates, downloads, verifies and deactivates", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    const result = await page.evaluate(
      async ({ url, key, worker }) => {
        const { Catalog, codeOf, download, HiveLicense, memorySink } = window.client;
        const own = new Catalog({ url });
        let seat: Client.Seat | null = null;
        const store = {
          load: async () => seat,
          save: async (next: Client.Seat | null) => {
            seat = next;
          },
        };
        const license = new HiveLicense({ catalog: own, fingerprint: "a page", store, key });
        const { keys: releaseKeys } = await own.releaseKeys();
        const { index } = await own.releaseIndex(worker, { releaseKeys });
        const sink = memorySink();
        const request = { worker, platform: "linux-x86_64", license: license.token, releaseKeys, sink } as const;
        const file = await download(own, request);
        const verdict = await license.verify({ wanted: { worker_id: worker, version: file.version }, online: true });
        await license.deactivate();
        const refusal = await own.renew(key, { fingerprint: "a page" }).catch(codeOf);
        const workers = await own.list();
        const [code, status] = [verdict.code, verdict.status];
        return { file, latest: index.latest, size: sink.bytes().length, code, status, refusal, count: workers.length };
      },
      { url: catalog.url, key, worker: WORKER },
    );
    expect(result).toMatchObject({ code: "VALID", status: "valid", refusal: "MACHINE_DEACTIVATED" });
    expect(result.file).toMatchObject({ worker_id: WORKER, version: result.latest, size: result.size });
    expect(result.count).toBeGreaterThan(5);
  });

  it("judges the vectors of tokens, status lists and signatures as they say", async () => {
    const verdicts = await page.evaluate(
      async ({ licenseTokens, statusLists, signatures }) => {
        const { checkFile, digestOfText, readKeySet, readPublicKeys, readStatusList, statusAt, verifyToken } =
          window.client;
        const verdicts: Record<string, string> = {};
        for (const { name, token, now, seen, fingerprint } of licenseTokens.cases) {
          const check = { keys: readKeySet(licenseTokens.jwks), issuer: licenseTokens.issuer, seen, fingerprint };
          verdicts[`token: ${name}`] = (await verifyToken(token, { ...check, now: now ?? licenseTokens.now })).code;
        }
        for (const { name, list, uri, idx, now, seen } of statusLists.cases) {
          const check = { keys: readKeySet(statusLists.jwks), issuer: statusLists.issuer, uri, seen };
          const read = await readStatusList(list, { ...check, now: now ?? statusLists.now });
          verdicts[`list: ${name}`] = (read.ok ? statusAt(read.value, idx) : null) ?? "unknown";
        }
        for (const { name, content, minisig, file } of signatures.cases) {
          const checked = await checkFile(
            digestOfText(content),
            file,
            minisig,
            readPublicKeys(signatures.public_keys) ?? [],
          );
          verdicts[`signature: ${name}`] = checked.ok ? "VALID" : "REFUSED";
        }
        return verdicts;
      },
      { licenseTokens, statusLists, signatures },
    );
    expect(verdicts).toEqual({
      ...Object.fromEntries(licenseTokens.cases.map(({ name, expected }) => [`token: ${name}`, expected.code])),
      ...Object.fromEntries(statusLists.cases.map(({ name, expected }) => [`list: ${name}`, expected.status])),
      ...Object.fromEntries(signatures.cases.map(({ name, expected }) => [`signature: ${name}`, expected.code])),
    });
  });

  it("refuses a redirect of a request with a credential, of which a browser shows nothing", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    await page.route(`${catalog.url}/v1/licenses/me`, (route) =>
      route.fulfill({ status: 302, headers: { Location: `${catalog.url}/v1/plans` } }),
    );
    const code = await page.evaluate(
      async ({ url, key }) => {
        const { Catalog, codeOf } = window.client;
        return new Catalog({ url, attempts: 1 }).license(key).then(() => null, codeOf);
      },
      { url: catalog.url, key },
    );
    expect(code).toBe("REDIRECT_REFUSED");
  });

  it("leaves no error on the console but the browser's own note of each refusal", () => {
    expect(faults.filter((text) => !text.startsWith("Failed to load resource"))).toEqual([]);
  });
});
