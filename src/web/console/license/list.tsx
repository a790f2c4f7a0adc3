import { parseLicenseKey } from "../../../domain/licensing/license/key.ts";
import { type LicenseFilter, searchLicenses } from "../../../domain/licensing/license/search.ts";
import { LICENSE_STATUSES } from "../../../domain/licensing/license/status.ts";
import { PLAN_IDS } from "../../../domain/licensing/plans.ts";
import { explainRefusal } from "../../../domain/licensing/refusal.ts";
import { licensingSecrets } from "../../../domain/licensing/secrets.ts";
import { holdsCredential, looksLikeLicenseKey } from "../../../lib/credential.ts";
import { createRoute, optionalChoice, PageQuery, page as pageOf, z } from "../../../platform/http/route.ts";
import { sentForm } from "../act/kit.ts";
import { type ConsoleContext, consoleForm, consolePage, consoleRouter, consoleView, formBody } from "../frame.tsx";
import { LicenseListBody } from "./list-page.tsx";
import { licenseListPath, licensePath } from "./words.tsx";

const ROWS = 50;

/** The longest search. Nothing known about a license is longer, and the search becomes part of an address. */
const LONGEST = 254;

const list = createRoute({
  method: "get",
  path: "/admin/licenses",
  request: {
    query: PageQuery.pick({ cursor: true }).extend({
      q: z
        .string()
        .max(LONGEST)
        .optional()
        .openapi({ description: "The beginning of a mail address, or an id.", example: "ada@example.com" }),
      status: optionalChoice(LICENSE_STATUSES).openapi({ description: "Only licenses with this status." }),
      plan: optionalChoice(PLAN_IDS).openapi({ description: "Only licenses of this plan." }),
    }),
  },
  ...consoleView("licenses:read", {
    summary: "List licenses, as a page",
    answers: { 200: "Licenses, newest first.", 422: "The page without a list: the search contains a key or token." },
    refusals: ["VALIDATION_FAILED"],
  }),
});

const search = createRoute({
  method: "post",
  path: "/admin/licenses/search",
  request: formBody({ q: "ada@example.com" }),
  ...consoleForm("licenses:read", {
    summary: "Find a license by any of its ids, its key or its owner's address",
    description: "The search may be a license key. It is sent as a form, so no address and no log holds the key.",
    answers: { 422: "The page again: the key is not valid, or the search holds another credential." },
    leadsTo: "The license, if exactly one matches; else the list of matches.",
  }),
});

export const licenseList = consoleRouter();

licenseList.openapi(list, async (c) => {
  const { cursor, q, status, plan } = c.req.valid("query");
  const filter: LicenseFilter = { q: q?.trim() || undefined, status, plan };
  if (q !== undefined && holdsCredential(q))
    return refusedSearch(c, "Please search for keys with the form: addresses are stored and logged.");
  return listPage(c, filter, cursor);
});

licenseList.openapi(search, async (c) => {
  const q = (await sentForm(c))["q"]?.trim() ?? "";
  if (q === "") return c.redirect("/admin/licenses", 303);
  if (looksLikeLicenseKey(q)) {
    const { keySecret } = await licensingSecrets(c.var.config);
    const key = await parseLicenseKey(q, keySecret);
    return key.ok
      ? c.redirect(licensePath(key.value.licenseId), 303)
      : refusedSearch(c, explainRefusal(key.error, c.var.config).detail);
  }
  if (holdsCredential(q)) {
    return refusedSearch(
      c,
      "The search contains a key or token. Enter only a license key, or something that is not secret.",
    );
  }
  if (q.length > LONGEST) return refusedSearch(c, `${LONGEST} characters at most.`);
  const [only, another] = await searchLicenses(c.env.DB, { q }, 2, c.var.now);
  const leadsTo = only && !another ? licensePath(only.id) : licenseListPath({ q });
  return c.redirect(leadsTo, 303);
});

async function listPage(c: ConsoleContext, filter: LicenseFilter, before: string | undefined): Promise<Response> {
  const { now } = c.var;
  const found = await searchLicenses(c.env.DB, { ...filter, before }, ROWS + 1, now);
  const { items, next_cursor } = pageOf(found, ROWS, ({ id }) => id);
  const list = { filter, licenses: items, next: next_cursor, isLater: before !== undefined, now };
  return consolePage(c, { title: "Licenses", main: <LicenseListBody c={c} list={list} /> });
}

const refusedSearch = (c: ConsoleContext, error: string): Promise<Response> =>
  consolePage(c, { title: "Licenses", status: 422, main: <LicenseListBody c={c} error={error} /> });
