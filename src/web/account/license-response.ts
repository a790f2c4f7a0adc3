import type { Context } from "hono";
import type { License } from "../../domain/licensing/license/record.ts";
import { standingOf } from "../../domain/licensing/license/status.ts";
import { currentKey } from "../../domain/licensing/secrets.ts";
import { stripePageOrigins } from "../../domain/purchase/stripe.ts";
import { currentTime, type UnixSeconds } from "../../lib/time.ts";
import type { CustomerEnv } from "../../platform/identity/session/account.ts";
import { type LicensePageContent, licensePage } from "./pages/license-page.tsx";
import { readRecentDownloads } from "./recent-downloads.ts";
import { readStandingSince } from "./standing-since.ts";
import { type StandingWords, standingInWords } from "./standing-words.tsx";

const DOWNLOADS_SHOWN = 10;

/** How a license stands at `now`, in words. Throws what D1 throws. */
export async function wordsFor(c: Context<CustomerEnv>, license: License, now: UnixSeconds): Promise<StandingWords> {
  const standing = standingOf(license, now);
  const since = await readStandingSince(c.env.DB, license, standing);
  return standingInWords(license, standing, since, c.var.config);
}

/** What an answer with a license's page has beside the license: news, a fault, or with `showKey` its key. */
type Beside = Pick<LicensePageContent, "isRotated" | "done" | "leaseFault"> & { showKey?: boolean };

/** The page of a license that the caller has found to belong to who is signed in. Throws what D1 throws. */
export async function answerWithLicense(
  c: Context<CustomerEnv>,
  license: License,
  { showKey = false, ...beside }: Beside = {},
): Promise<Response> {
  const now = currentTime();
  return licensePage({
    license,
    words: await wordsFor(c, license, now),
    downloads: await readRecentDownloads(c.env.DB, license.id, DOWNLOADS_SHOWN),
    licenseKey: showKey ? await currentKey(c.var.config, license) : null,
    csrf: c.var.session.csrfToken,
    now,
    url: c.var.config.PUBLIC_URL,
    formTargets: stripePageOrigins(c.var.config),
    ...beside,
  });
}
