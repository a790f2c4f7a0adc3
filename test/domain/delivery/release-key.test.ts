import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { formatMinisignPublicKey, parseMinisignPublicKeys } from "../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { askApp } from "../../support/ask-app.ts";

const keysOf = (publicKeys: string): Promise<Response> =>
  askApp("/keys/release-signing.pub", {}, { ...env, RELEASE_SIGNING_PUBLIC_KEYS: publicKeys });

describe("GET /keys/release-signing.pub", () => {
  it("answers the accepted keys in minisign's format", async () => {
    const { keyId, key } = await generateMinisignKey();
    const response = await keysOf(formatMinisignPublicKey({ keyId, key }));
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toMatch(/^text\/plain/);
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=300");
    const keys = parseMinisignPublicKeys(await response.text());
    expect(keys.ok && keys.value).toContainEqual({ keyId, key });
  });
});
