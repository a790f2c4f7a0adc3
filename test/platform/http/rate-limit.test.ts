import { expect, it } from "vitest";
import { Problem } from "../../../src/platform/http/problem.ts";
import { countCheckout, countRecovery, countVerification } from "../../../src/platform/http/rate-limit.ts";

/** Bindings whose limiters write down what they count, and let everything pass or nothing. */
function limiters(success = true) {
  const counted: string[] = [];
  const limit = async ({ key }: { key: string }) => {
    counted.push(key);
    return { success };
  };
  const bindings = { CHECKOUTS: { limit }, RECOVERIES: { limit }, VERIFICATIONS: { limit } };
  return { counted, env: bindings as unknown as Env };
}

const from = (address: string | null) =>
  new Request("https://catalog.test", address === null ? {} : { headers: { "CF-Connecting-IP": address } });

it.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:192.0.2.7", "192.0.2.7"],
  ["2001:db8:7:1::1", "2001:db8:7:1::/64"],
  ["2001:0DB8:0007:0001:ffff:ffff:ffff:ffff", "2001:db8:7:1::/64"],
  ["2001:db8::5", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  [null, "unknown"],
])("a limit by the sender: %s counts as %s", async (address, expected) => {
  const { counted, env } = limiters();
  await countCheckout(env, from(address));
  await countRecovery(env, from(address));
  expect(counted).toEqual([expected, expected]);
});

it("a limit of verifications counts a license's tokens for each sender apart", async () => {
  const { counted, env } = limiters();
  const token = { licenseId: "lic_1", generation: 2 };
  await countVerification(env, from("192.0.2.7"), token);
  await countVerification(env, from("2001:db8:7:1::1"), token);
  await countVerification(env, from("192.0.2.7"), null);
  expect(counted).toEqual(["lic_1:2 192.0.2.7", "lic_1:2 2001:db8:7:1::/64", "192.0.2.7"]);
});

it("a limit refuses with RATE_LIMITED, a minute to wait, and a sentence that names the sender's own address as the cause", async () => {
  const { env } = limiters(false);
  const refusal = await countRecovery(env, from("192.0.2.7")).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Problem);
  expect(refusal).toMatchObject({ code: "RATE_LIMITED", extras: { retry_after: 60 } });
  expect((refusal as Problem).detail).toContain("from your address");
});
