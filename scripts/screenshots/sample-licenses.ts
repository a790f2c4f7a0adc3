import * as z from "zod";
import type { CatalogClient } from "../../src/cli/catalog-client.ts";
import { type Bought, buy, control, type Purchase, pay } from "../../test/end-to-end/buyer.ts";

const WORKER = "llm-worker-rbee-premium-cpu";

const Issued = z.looseObject({ license: z.looseObject({ id: z.string() }), key: z.string() });
const Activated = z.looseObject({ token: z.string(), machine: z.looseObject({ id: z.string() }) });

/** The owner of one license of every kind. */
export const OWNER = "ada@example.com";

type License = { licenseId: string; key: string };

/** The licenses by status, and the purchases by progress. */
export type SampleLicenses = {
  monthly: Bought & { machineId: string };
  onHold: License;
  revoked: License;
  canceled: License;
  inGrace: License;
  given: License;
  /** A license of another person, paid once. */
  lifetime: License;
  purchases: { complete: Purchase; pending: Purchase; failed: Purchase };
};

type Seller = { client: CatalogClient; controlUrl: string };

/** Makes the licenses and purchases through the API and the Stripe stand-in. */
export async function makeLicenses({ client, controlUrl }: Seller): Promise<SampleLicenses> {
  const { url } = client;
  const issue = async (plan: string, email: string, note: string): Promise<License> => {
    const body = { plan, email, note };
    const request = { method: "POST", path: "/v1/admin/licenses", body } as const;
    const { license, key } = await client.json(Issued, request);
    return { licenseId: license.id, key };
  };
  const act = ({ licenseId }: License, action: string, body: object): Promise<Response> =>
    client.send({ method: "POST", path: `/v1/admin/licenses/${licenseId}/${action}`, body });
  const activate = async ({ key }: License, name: string, options: object = {}) =>
    client.json(Activated, {
      method: "POST",
      path: "/v1/licenses/activate",
      credential: key,
      body: { fingerprint: `machine-of-${name}`, name, platform: "linux-x86_64", ...options },
    });
  /** Downloads a worker. Some downloads are refused on purpose, because refusals are counted. */
  const download = async (token: string, version: string): Promise<void> => {
    const file = `${url}/v1/workers/${WORKER}/${version}/files/${WORKER}-${version}-linux-x86_64`;
    const response = await fetch(file, { headers: { Authorization: `Bearer ${token}` } });
    await response.body?.cancel();
  };

  const given = await issue("premium-trial", OWNER, "met at a conference");
  await activate(given, "conference-laptop");
  await act(given, "extend", { days: 60, reason: "asked for two more months to decide" });

  const revoked = await issue("premium-trial", OWNER, "for a review");
  const { token: lost } = await activate(revoked, "build-server");
  await act(revoked, "revoke", { reason: "key found in a public repository" });
  await download(lost, "1.2.0");

  const bought = await buy(url, "premium-monthly", { email: OWNER, machines: 3 });
  const { machine, token } = await activate(bought, "workstation");
  await activate(bought, "attic-server");
  await activate(bought, "boat", { offline: true });
  for (const version of ["1.2.0", "2.0.0-rc.1", "1.1.0"]) await download(token, version);

  const onHold = await buy(url, "premium-lifetime", { email: OWNER });
  await activate(onHold, "studio");
  await control(controlUrl, "disputes", { session: onHold.sessionId });

  const lifetime = await buy(url, "premium-lifetime", { email: "grace@example.com" });
  for (const name of ["rack-1", "rack-2", "rack-3"]) await activate(lifetime, name);
  const refunded = await buy(url, "premium-lifetime", { email: "alan@example.com" });
  await control(controlUrl, "refunds", { session: refunded.sessionId });
  for (const name of ["barbara", "donald", "edsger", "frances", "katherine", "margaret"]) {
    await buy(url, name.length % 2 === 0 ? "premium-monthly" : "premium-lifetime", { email: `${name}@example.com` });
  }

  const pending = await pay(url, "premium-lifetime", "delayed", { email: "slow@example.com" });
  const failed = await pay(url, "premium-lifetime", "delayed", { email: "unlucky@example.com" });
  await control(controlUrl, `payments/${failed.sessionId}/fail`);

  // From here on the stand-in's clock is ahead.
  const inGrace = await buy(url, "premium-monthly", { email: OWNER });
  await control(controlUrl, `subscriptions/${inGrace.sessionId}/fail-renewal`);
  const canceled = await buy(url, "premium-monthly", { email: OWNER });
  await control(controlUrl, `subscriptions/${canceled.sessionId}/cancel`, { at_period_end: true });
  return {
    monthly: { ...bought, machineId: machine.id },
    onHold,
    revoked,
    canceled,
    inGrace,
    given,
    lifetime,
    purchases: { complete: bought, pending, failed },
  };
}
