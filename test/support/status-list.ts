import { env } from "cloudflare:workers";
import { createLocalJWKSet, jwtVerify } from "jose";
import { decodeBase64Url } from "../../src/lib/encoding.ts";
import { forgetIsolate } from "../../src/lib/isolate.ts";
import { hive } from "./license-fixture.ts";
import { textOf } from "./text-of.ts";

/** The place of a token in the status lists, as its claims name it. The token must verify by the JWKS. */
export async function placeOf(token: string): Promise<{ idx: number; uri: string }> {
  const jwks = createLocalJWKSet(await (await hive("GET", "/.well-known/jwks.json")).json());
  const { payload } = await jwtVerify(token, jwks, {
    algorithms: ["EdDSA"],
    typ: "rbee-license+jwt",
    issuer: env.PUBLIC_URL,
    audience: "rbee-hive",
  });
  return (payload["status"] as { status_list: { idx: number; uri: string } }).status_list;
}

/** The two bits at a place of a status list that is made now, as an offline verifier reads them. */
export async function bitsAt({ idx, uri }: { idx: number; uri: string }): Promise<number> {
  forgetIsolate();
  await caches.default.delete(uri);
  const jwks = createLocalJWKSet(await (await hive("GET", "/.well-known/jwks.json")).json());
  const response = await hive("GET", uri);
  if (response.headers.get("Content-Type") !== "application/statuslist+jwt") throw new Error("not a status list");
  const list = await jwtVerify(await textOf(response), jwks, {
    algorithms: ["EdDSA"],
    typ: "statuslist+jwt",
    subject: uri,
  });
  const { bits, lst } = list.payload["status_list"] as { bits: number; lst: string };
  const inflated = new Response(decodeBase64Url(lst)).body?.pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
  return ((bytes[Math.floor((idx * bits) / 8)] ?? 0) >> ((idx * bits) % 8)) & 3;
}

/** The two bits at the place of a token, as an offline verifier reads them now. */
export const statusOf = async (token: string): Promise<number> => bitsAt(await placeOf(token));
