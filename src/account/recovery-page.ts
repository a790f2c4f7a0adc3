import { html } from "hono/html";
import { type Page, page } from "../http/page.ts";
import type { LicenseRow } from "../licensing/license-record.ts";
import { endOf, type LicenseStatus, standingOf } from "../licensing/license-status.ts";
import { PLAN_IDS, plans } from "../purchase/plans.ts";
import { toRfc3339, type UnixSeconds } from "../time.ts";
import { RECOVERY_ANSWER } from "./recovery-request.ts";

/** Not `type="email"`: browsers refuse addresses that exist, and rewrite `exämple.de` to what no license is stored with. */
const ADDRESS_INPUT = html`<input id="email" name="email" inputmode="email" autocomplete="email" autocapitalize="none"
    spellcheck="false" required>`;

/** The form that asks for a link; `fault` says what was wrong with the address that was sent. */
export const formPage = (fault: { message: string; status: number } | null = null): Promise<Response> =>
  page({
    title: "Your license keys",
    status: fault?.status ?? 200,
    body: html`<h1>Lost your license key?</h1>
<p>Enter the mail address that you bought with. We send a link there that shows your licenses and their keys.</p>
${fault === null ? "" : html`<p role="alert"><strong>${fault.message}</strong></p>`}
<form method="post" action="/recover">
  <label for="email">Mail address</label>
  ${ADDRESS_INPUT}
  <button>Send me the link</button>
</form>`,
  });

/** What everybody sees who has sent the form. */
export const sentPage = (): Promise<Response> =>
  page({
    title: "Look into your mail",
    status: 202,
    body: html`<h1>Look into your mail</h1>
<p>${RECOVERY_ANSWER}</p>
<p class="quiet">Nothing there? Look among the spam, or try <a href="/recover">another address</a>.</p>`,
  });

/** What a fresh link leads to. The button, not the visit, uses it up: mail scanners follow links. */
export const confirmPage = (): Promise<Response> =>
  page({
    title: "Your license keys",
    body: html`<h1>Show your license keys</h1>
<p>This link works once. The next page has your keys: make sure that nobody looks over your shoulder.</p>
<form method="post"><button>Show my license keys</button></form>`,
  });

const DEAD_LINKS = {
  ended: { status: 410, title: "This link has been used or is too old" },
  forged: { status: 403, title: "This is not a link of ours" },
} as const;

/** The answer to a link that shows nothing any more, or never did. */
export const deadLinkPage = (why: keyof typeof DEAD_LINKS): Promise<Response> => {
  const { status, title } = DEAD_LINKS[why];
  const body = html`<h1>${title}</h1>
<p>Links work once, for 30 minutes, and only whole. Nothing has happened to your licenses.</p>
<p><a class="button" href="/recover">Get a new link</a></p>`;
  return page({ title, status, body });
};

const STATUS_TEXTS: Record<LicenseStatus, string> = {
  active: "active",
  suspended: "on hold",
  revoked: "revoked",
  expired: "ended",
};

/** A license and its key, for its owner. */
export type KeyedLicense = { license: LicenseRow; key: string };

/** The licenses of a mail address with their keys, as they stand at `now`. */
export const keysPage = (keyed: KeyedLicense[], now: UnixSeconds): Promise<Response> =>
  page({
    title: "Your license keys",
    body: html`<h1>Your license keys</h1>
<p>Keep them like passwords. This page is shown once; your browser does not store it.</p>
${keyed.map((one) => licenseSection(one, now))}`,
  });

function licenseSection({ license, key }: KeyedLicense, now: UnixSeconds): Page["body"] {
  const { status } = standingOf(license, now);
  const plan = PLAN_IDS.find((id) => id === license.plan);
  const end = endOf(license);
  return html`<section>
  <h2>${plan === undefined ? license.plan : plans[plan].name}</h2>
  <pre class="key" tabindex="0">${key}</pre>
  <dl>
    <dt>Status</dt><dd>${STATUS_TEXTS[status]}</dd>
    <dt>Machines</dt><dd>up to ${license.machine_limit}</dd>
    <dt>Ends</dt><dd>${end === null ? "never" : toRfc3339(end).slice(0, 10)}</dd>
    <dt>License</dt><dd><code>${license.id}</code></dd>
  </dl>
  ${status === "active" ? html`<p class="quiet">On each machine that is to use it: <code>rbee-catalog activate --key-stdin</code></p>` : ""}
</section>`;
}
