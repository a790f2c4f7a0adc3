import { html } from "hono/html";
import { type Html, page } from "../http/page.ts";
import { toRfc3339 } from "../time.ts";
import { PLAN_IDS, plans } from "./plans.ts";
import type { SessionView } from "./session-view.ts";

/** Where the script behind the copy button is. Without it the key can still be selected. */
export const COPY_SCRIPT_PATH = "/checkout/copy.js";

/** Copies the text of the element that a button names in `data-copy`, and says so. */
export const COPY_SCRIPT = `"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
  });
}
`;

const REFRESH_SECONDS = 5;

/** The page a buyer comes back to: the key, or what is being waited for, or what went wrong. */
export function checkoutPage(view: SessionView, origin: string): Promise<Response> {
  switch (view.status) {
    case "pending":
      return page({
        title: "Waiting for your payment",
        refreshAfter: REFRESH_SECONDS,
        body: html`<h1>Waiting for your payment</h1>
<p role="status">Your order is with us; the payment is not confirmed yet. Some ways to pay take minutes, some take days.</p>
<p>This page looks again every few seconds. You can also close it: the license key comes by mail as soon as the payment is
there.</p>`,
      });
    case "failed":
      return page({
        title: "The payment did not go through",
        body: html`<h1>The payment did not go through</h1>
<p>Nothing was charged and no license was made. Please try again, perhaps with another way to pay.</p>`,
      });
    case "complete":
      return completePage(view, origin);
  }
}

function completePage(view: Extract<SessionView, { status: "complete" }>, origin: string): Promise<Response> {
  const { license, key, maskedKey } = view;
  const plan = PLAN_IDS.find((id) => id === license.plan);
  const until = license.expires_at === null ? "for good" : `paid until ${toRfc3339(license.expires_at)?.slice(0, 10)}`;
  const machines = license.machine_limit === 1 ? "one machine" : `${license.machine_limit} machines`;
  return page({
    title: "Your license",
    scripts: [COPY_SCRIPT_PATH],
    body: html`<h1>Thank you. Your license is ready.</h1>
${key === null ? mailedKey(maskedKey) : shownKey(key)}
${key === null ? "" : html`<p>${plan === undefined ? license.plan : plans[plan].name}, on ${machines}, ${until}.</p>`}
<h2>Next</h2>
<p>On a machine of yours:</p>
<pre><code>RBEE_LICENSE_KEY=${key ?? "<your key>"} rbee-catalog --url ${origin} activate
rbee-catalog --url ${origin} install llm-worker-rbee-premium-cpu</code></pre>
<p>Every tool that installs workers takes the key, too: see <a href="/docs">the API reference</a>.</p>`,
  });
}

const shownKey = (key: string): Html => html`<p>Your license key. We have mailed it to you as well.</p>
<p><code id="license-key">${key}</code> <button type="button" data-copy="license-key" hidden>Copy</button></p>`;

const mailedKey = (
  maskedKey: string,
): Html => html`<p>Your license key <code id="license-key">${maskedKey}</code> has been
mailed to you. It is shown in full only in the browser that began the purchase.</p>`;

/** The page for a session that did not begin here, or an address that was not filled in. */
export const unknownCheckoutPage = (): Promise<Response> =>
  page({
    title: "No such purchase",
    status: 404,
    body: html`<h1>There is no such purchase</h1>
<p>The address may be incomplete. If you have paid, your license key is on its way to you by mail; you can also
<a href="/recover">have it sent again</a>.</p>`,
  });

/** The page for a buyer who turned back. */
export const cancelledPage = (): Promise<Response> =>
  page({
    title: "Nothing was bought",
    body: html`<h1>Nothing was bought</h1>
<p>You left the payment page before paying. Nothing was charged.</p>`,
  });

/** The page for a minute in which the payment provider or our ledger does not answer. */
export const laterPage = (): Promise<Response> =>
  page({
    title: "One moment",
    status: 503,
    refreshAfter: REFRESH_SECONDS,
    headers: { "Retry-After": String(REFRESH_SECONDS) },
    body: html`<h1>One moment, please</h1>
<p role="status">We cannot look at your order just now. Your payment is safe, and your license key will come by mail. This page
tries again by itself.</p>`,
  });
