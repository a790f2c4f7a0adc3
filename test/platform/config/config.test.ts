import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../../src/platform/config/config.ts";

const SECRETS = [
  "LICENSE_KEY_SECRET",
  "DOWNLOAD_LINK_SECRET",
  "LICENSE_SIGNING_KEY",
  "INDEX_SIGNING_KEY",
  "PACKAGE_SIGNING_KEYS",
] as const;

/** The environment of production. */
const production = {
  ...env,
  ENVIRONMENT: "production",
  RELEASE_SIGNATURES: "required",
  LIVEMODE: "true",
  STRIPE_SECRET_KEY: "sk_live_1",
};
const development = { ...production, ENVIRONMENT: "development", LIVEMODE: "false", STRIPE_SECRET_KEY: "sk_test_1" };

/** The error of a configuration; null if it is valid. */
function faultOf(environment: object): string | null {
  try {
    readConfig(environment);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe("the configuration", () => {
  it("is valid in production and in development", () => {
    expect([faultOf(production), faultOf(development)]).toEqual([null, null]);
  });

  it("refuses another Stripe host in production", () => {
    for (const STRIPE_API_BASE of ["http://127.0.0.1:8789", "https://api.stripe.com"]) {
      expect(faultOf({ ...production, STRIPE_API_BASE })).toContain("STRIPE_API_BASE: must not be set in production");
    }
  });

  it.each(["http://127.0.0.1:8789", "http://localhost:8789", "http://[::1]:8789"])(
    "accepts a stand-in at %s in development",
    (STRIPE_API_BASE) => {
      expect(readConfig({ ...development, STRIPE_API_BASE }).STRIPE_API_BASE).toBe(STRIPE_API_BASE);
    },
  );

  it.each([
    "https://api.stripe.com",
    "http://127.0.0.1.example.com",
    "http://localhost@example.com",
    "http://localhost.example.com",
    "http://192.0.2.1:8789",
    "http://0.0.0.0:8789",
    "mailto:ada@localhost",
    "127.0.0.1",
  ])("refuses a stand-in at %s", (STRIPE_API_BASE) => {
    expect(faultOf({ ...development, STRIPE_API_BASE })).toContain("STRIPE_API_BASE: must be on loopback");
  });

  it("requires https of every URL that credentials or keys cross the network to, loopback in development aside", () => {
    for (const name of ["PUBLIC_URL", "R2_S3_ENDPOINT", "PUBLISHER_ISSUER", "PUBLISHER_JWKS_URL"]) {
      const fault = `${name}: must be an https URL`;
      for (const url of ["http://catalog.test", "http://localhost.evil.test", "http://10.0.0.1:8787"]) {
        expect(faultOf({ ...production, [name]: url })).toContain(fault);
        expect(faultOf({ ...development, [name]: url })).toContain(fault);
      }
      for (const url of ["http://localhost:8787", "http://127.0.0.1:8787", "http://[::1]:8787"]) {
        expect(faultOf({ ...production, [name]: url })).toContain(fault);
        expect(faultOf({ ...development, [name]: url })).toBeNull();
      }
    }
  });

  it.each(["javascript:alert(1)", "mailto:ada@example.com", "ftp://shop.test", "shop.test"])(
    "refuses a PURCHASE_URL that no page may link to: %s",
    (PURCHASE_URL) => {
      expect(faultOf({ ...production, PURCHASE_URL })).toContain("PURCHASE_URL: must be an http or https URL");
      expect(faultOf({ ...production, PUBLIC_URL: PURCHASE_URL })).toContain(
        "PUBLIC_URL: must be an http or https URL",
      );
    },
  );

  it("refuses a Stripe key of the other mode", () => {
    const mismatch = "STRIPE_SECRET_KEY: must be of the mode that LIVEMODE names";
    for (const kind of ["sk", "rk"]) {
      const at = (mode: string, LIVEMODE: string) =>
        faultOf({ ...development, STRIPE_SECRET_KEY: `${kind}_${mode}_1`, LIVEMODE });
      expect([at("live", "true"), at("test", "false")]).toEqual([null, null]);
      for (const fault of [at("test", "true"), at("live", "false"), at("test_live", "true")]) {
        expect(fault ?? "").toContain(mismatch);
      }
    }
    expect(faultOf({ ...production, STRIPE_SECRET_KEY: "" })).toBeNull();
  });

  it("requires release signatures in production", () => {
    const fault = faultOf({ ...production, RELEASE_SIGNATURES: "optional" });
    expect(fault).toContain("RELEASE_SIGNATURES: must be required in production");
    expect(faultOf({ ...development, RELEASE_SIGNATURES: "optional" })).toBeNull();
  });

  it("names every missing secret", () => {
    for (const missing of SECRETS) {
      const { [missing]: _, ...rest } = production;
      const fault = faultOf(rest) ?? "";
      expect(SECRETS.filter((name) => fault.includes(name))).toEqual([missing]);
    }
    const faults = faultOf({}) ?? "";
    for (const name of [...SECRETS, "ENVIRONMENT", "MAIL_FROM"]) expect(faults).toContain(`${name}: `);
  });

  it("never names a value", () => {
    const value = "Zq7-hush";
    for (const name of Object.keys(production).filter((each) => /^[A-Z0-9_]+$/.test(each))) {
      for (const text of [value, `${value}!`.repeat(9), `{"kid":"${value}","${value}":["${value}"]}`]) {
        expect(faultOf({ ...production, [name]: text }) ?? "").not.toContain(value);
      }
    }
  });

  it.each(["A".repeat(42), "A".repeat(45), `${"A".repeat(43)}=`, ""])(
    "refuses a secret that is not 32 bytes: %s",
    (text) => {
      for (const name of ["LICENSE_KEY_SECRET", "DOWNLOAD_LINK_SECRET"]) {
        const fault = `Configuration: ${name}: must be at least 32 random bytes in base64url`;
        expect(faultOf({ ...production, [name]: text })).toBe(fault);
      }
    },
  );

  it.each(["", " ", "-1", "61", "1.5", "7 days", "0x7"])("refuses a grace period of %j days", (GRACE_DAYS) => {
    expect(faultOf({ ...production, GRACE_DAYS })).toContain("GRACE_DAYS: ");
  });

  it.each([
    ["0", 0],
    ["7", 7],
    ["60", 60],
  ])("accepts a grace period of %s days", (GRACE_DAYS, days) => {
    expect(readConfig({ ...production, GRACE_DAYS }).GRACE_DAYS).toBe(days);
  });

  it("names the addresses of upstream's newest clients as other origins, but never PUBLIC_URL", () => {
    expect(readConfig(production).OTHER_ORIGINS).toEqual(["https://gwc.rbee.dev"]);
    expect(readConfig({ ...production, PUBLIC_URL: "https://gwc.rbee.dev" }).OTHER_ORIGINS).toEqual([]);
    expect(readConfig(development).OTHER_ORIGINS).toContain("http://localhost:7811");
    const OTHER_ORIGINS = " https://a.example  https://b.example:8443 ";
    expect(readConfig({ ...production, OTHER_ORIGINS }).OTHER_ORIGINS).toEqual([
      "https://a.example",
      "https://b.example:8443",
    ]);
    expect(readConfig({ ...production, OTHER_ORIGINS: "" }).OTHER_ORIGINS).toEqual([]);
  });

  it.each(["http://gwc.rbee.dev", "https://gwc.rbee.dev/", "https://gwc.rbee.dev/v2", "gwc.rbee.dev", "*", "null"])(
    "refuses the other origin %s",
    (OTHER_ORIGINS) => {
      expect(faultOf({ ...production, OTHER_ORIGINS })).toContain("OTHER_ORIGINS: must be https origins");
    },
  );

  it("refuses another origin on loopback in production", () => {
    const OTHER_ORIGINS = "http://localhost:7811";
    expect(faultOf({ ...production, OTHER_ORIGINS })).toContain("OTHER_ORIGINS");
    expect(faultOf({ ...development, OTHER_ORIGINS })).toBeNull();
  });
});
