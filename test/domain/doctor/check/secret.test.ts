import { describe, expect, it } from "vitest";
import { checkSecrets, SECRETS, type SecretFacts } from "../../../../src/domain/doctor/check/secret.ts";
import { encodeBase64Url } from "../../../../src/lib/encoding.ts";
import wrangler from "../../../../wrangler.toml?raw";

const random = (): string => encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)));

const NONE = Object.fromEntries(SECRETS.map((name) => [name, ""])) as SecretFacts["values"];
const GOOD = {
  ...NONE,
  LICENSE_KEY_SECRET: random(),
  DOWNLOAD_LINK_SECRET: random(),
  LICENSE_SIGNING_KEY: '{"kty":"OKP"}',
  INDEX_SIGNING_KEY: '{"secret_key":""}',
  PACKAGE_SIGNING_KEYS: "[]",
  STRIPE_SECRET_KEY: "rk_live_51Abc",
  STRIPE_WEBHOOK_SECRET: "whsec_abcdefgh1234",
};

/** The findings that do not pass when these secrets differ from a good deployment, as `subject status: detail`. */
const faults = (values: Partial<SecretFacts["values"]>, delivery: SecretFacts["delivery"] = "worker"): string[] =>
  checkSecrets({ values: { ...GOOD, ...values }, delivery })
    .filter(({ status }) => status !== "ok")
    .map(({ subject, status, detail }) => `${subject} ${status}: ${detail}`);

describe("checkSecrets", () => {
  it("passes for good secrets, with one finding for each that is set", () => {
    const findings = checkSecrets({ values: GOOD, delivery: "worker" });
    expect(findings.map(({ subject, status }) => [subject, status])).toEqual(
      SECRETS.filter((name) => GOOD[name] !== "").map((name) => [name, "ok"]),
    );
  });

  it.each([
    ["a line break at the end", { STRIPE_WEBHOOK_SECRET: `${GOOD.STRIPE_WEBHOOK_SECRET}\n` }, /blank or a line break/],
    ["one byte, repeated", { LICENSE_KEY_SECRET: encodeBase64Url(new Uint8Array(32)) }, /not random/],
    ["the same secret twice", { DOWNLOAD_LINK_SECRET: GOOD.LICENSE_KEY_SECRET }, /same as LICENSE_KEY_SECRET/],
    ["a publishable key", { STRIPE_SECRET_KEY: "rk_live_with-dash" }, /STRIPE_SECRET_KEY failed: .*not a key/],
    ["no webhook secret", { STRIPE_WEBHOOK_SECRET: "" }, /STRIPE_WEBHOOK_SECRET failed: .*not set/],
    ["an endpoint's id", { STRIPE_WEBHOOK_SECRET: "we_1AbcdefghI" }, /STRIPE_WEBHOOK_SECRET failed: .*whsec_/],
    ["no Stripe key", { STRIPE_SECRET_KEY: "" }, /STRIPE_WEBHOOK_SECRET warning: .*nothing can be sold/],
    ["an old webhook secret", { STRIPE_WEBHOOK_SECRET_PREVIOUS: "whsec_zyxwvuts" }, /PREVIOUS warning: .*still set/],
    ["an unused R2 key", { R2_ACCESS_KEY_ID: "0".repeat(32) }, /R2_ACCESS_KEY_ID warning: .*Delete it/],
  ])("finds %s", (_case, values, expected) => {
    expect(faults(values).join("\n")).toMatch(expected);
  });

  it("finds a wrong form of R2's keys, which only presigned links need", () => {
    const keys = { R2_ACCESS_KEY_ID: "ab".repeat(16), R2_SECRET_ACCESS_KEY: "cd".repeat(32) };
    expect(faults(keys, "r2-presigned")).toEqual([]);
    expect(faults({ ...keys, R2_ACCESS_KEY_ID: "cfut_x" }, "r2-presigned").join()).toContain("32 hexadecimal digits");
  });

  it("quotes no secret", () => {
    const values = { ...GOOD, LICENSE_KEY_SECRET: "hunter2hunter2", STRIPE_WEBHOOK_SECRET: " hunter2" };
    expect(JSON.stringify(checkSecrets({ values, delivery: "worker" }))).not.toContain("hunter2");
  });

  it("knows every secret that a deployment requires", () => {
    const required = [...wrangler.matchAll(/^required = (\[.*\])$/gm)].flatMap(([, list = "[]"]) => JSON.parse(list));
    expect(required.length).toBeGreaterThan(0);
    expect(SECRETS).toEqual(expect.arrayContaining(required));
  });
});
