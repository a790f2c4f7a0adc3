import { Webhook } from "standardwebhooks";
import { expect, it } from "vitest";
import { signedHeaders } from "../../../../src/domain/webhooks/delivery/signature.ts";
import { currentSecret, signingSecrets } from "../../../../src/domain/webhooks/endpoint/secret.ts";
import { currentTime, DAY, HOUR } from "../../../../src/lib/time.ts";

const config = { LICENSE_KEY_SECRET: new Uint8Array(32).fill(7) };
const endpoint = { id: "whe_06b4m2v8w5r7q1t3x9z2k4n6p8", generation: 1, former_until: null };
const message = { id: "chg_06b4m2v8w5r7q1t3x9z2k4n6p8", body: '{"type":"license.revoke","name":"bücher"}' };

const signed = async (at: number, of = endpoint as Parameters<typeof signingSecrets>[1], now = at) =>
  signedHeaders({ ...message, at }, await signingSecrets(config, of, now));

it("a signature: the specification's own package verifies it with the endpoint's secret", async () => {
  const secret = await currentSecret(config, endpoint);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const headers = await signed(currentTime());
  expect(new Webhook(secret).verify(message.body, headers)).toEqual(JSON.parse(message.body));
});

it("a signature: another body, id, time, endpoint or generation does not verify", async () => {
  const now = currentTime();
  const webhook = new Webhook(await currentSecret(config, endpoint));
  const headers = await signed(now);
  const refused = (body: string, changed: object) =>
    expect(() => webhook.verify(body, { ...headers, ...changed }), JSON.stringify(changed)).toThrow();
  refused(`${message.body} `, {});
  refused(message.body, { "webhook-id": "chg_other" });
  refused(message.body, { "webhook-timestamp": String(now - 1) });
  refused(message.body, await signed(now - HOUR));
  refused(message.body, await signed(now, { ...endpoint, generation: 2 }));
  refused(message.body, await signed(now, { ...endpoint, id: "whe_06b4m2v8w5r7q1t3x9z2k4n6p9" }));
});

it("a signature: both secrets verify until the end of the overlap, then the new one alone", async () => {
  const now = currentTime();
  const former = new Webhook(await currentSecret(config, endpoint));
  const rotated = { ...endpoint, generation: 2, former_until: now + DAY };
  const current = new Webhook(await currentSecret(config, rotated));
  const during = await signed(now, rotated);
  expect(during["webhook-signature"].split(" ")).toHaveLength(2);
  for (const webhook of [former, current]) webhook.verify(message.body, during);
  const after = await signed(now, { ...rotated, former_until: now });
  current.verify(message.body, after);
  expect(() => former.verify(message.body, after)).toThrow();
});
