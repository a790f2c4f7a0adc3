import type { DevelopmentStart } from "../../src/cli/settings.ts";
import { SAMPLES } from "./seed.ts";

/**
 * The guide that is printed last: addresses, credentials, commands to try, and the log's path `log`. `second`: the
 * other address that answers, if any.
 */
export const guide = (
  { url, admin_token, license_key, stripe_control_url }: DevelopmentStart,
  log: string,
  second: string | null,
): string => `
The rbee worker catalog is ready at ${url}. Open in a browser:

  ${url}            workers, and plans to buy
  ${url}/account    a customer's licenses: sign in with the license key
  ${url}/admin      the admin console: sign in with the admin token
  ${url}/docs       the API
${second === null ? "" : `\nThe newest clients of upstream find it at ${second}/workers, grouped by worker.\n`}
  Admin token   ${admin_token}
  License key   ${license_key}

Try, in another terminal:

  curl ${url}/workers
  curl ${url}/workers/cpu/PKGBUILD
  curl -fsSL ${url}/install.sh | sh -s -- cpu
  npx rbee-catalog license list
  npx rbee-catalog activate
  npx rbee-catalog install ${SAMPLES.premium.id}
  npx rbee-catalog status
${stripe_control_url === undefined ? "" : stripeGuide(url, stripe_control_url)}
The rbee-catalog command finds this server and its credentials by itself. Data and secrets stay
for the next start. Requests, cron jobs, errors and the mails that the catalog sends are in

  ${log}

Ctrl-C stops the server.
`;

const stripeGuide = (url: string, controlUrl: string): string => `
Buy a license through the local stand-in for Stripe; no account, no money:

  curl ${url}/v1/checkout -H 'Content-Type: application/json' -d '{"plan": "premium-monthly"}'

Open the address in its answer. Refunds, disputes, failed renewals, lost webhooks and the clock
are at ${controlUrl} (GET lists the calls).
`;
