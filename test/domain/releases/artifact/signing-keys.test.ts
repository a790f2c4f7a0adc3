import { describe, expect, it } from "vitest";
import { signaturePolicy } from "../../../../src/domain/releases/artifact/check.ts";
import { formatMinisignPublicKey } from "../../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../../src/lib/minisign/secret-key.ts";
import { ConfigError } from "../../../../src/platform/config/config.ts";

describe("the release signing keys", () => {
  it("are those of the shipped key file and of the development server", async () => {
    const shipped = signaturePolicy({ RELEASE_SIGNATURES: "required", RELEASE_SIGNING_PUBLIC_KEYS: "" });
    expect(shipped.required).toBe(true);
    const { keyId, key } = await generateMinisignKey();
    const added = signaturePolicy({
      RELEASE_SIGNATURES: "optional",
      RELEASE_SIGNING_PUBLIC_KEYS: formatMinisignPublicKey({ keyId, key }),
    });
    expect(added).toEqual({ required: false, keys: [...shipped.keys, { keyId, key }] });
  });

  it("fail with the unreadable key", () => {
    const config = { RELEASE_SIGNATURES: "required", RELEASE_SIGNING_PUBLIC_KEYS: "not a key" } as const;
    expect(() => signaturePolicy(config)).toThrow(ConfigError);
  });
});
