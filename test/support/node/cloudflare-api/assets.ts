import { randomUUID } from "node:crypto";
import * as z from "zod";
import { ApiError, type Route } from "./answer.ts";

const Manifest = z.object({ manifest: z.record(z.string(), z.object({ hash: z.string(), size: z.int() })) });

/** The static files that have arrived: their hash of wrangler and their contents. */
export type StubAssets = Map<string, string>;

/** A token that wrangler reads the end of. `purpose` keeps those of a session and of a completion apart. */
function jwtOf(purpose: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ exp: Date.now() / 1000 + 3600, purpose, jti: randomUUID() })}.`;
}

/**
 * The upload of static files (developers.cloudflare.com, "Direct Uploads"): a session names the files that are not here
 * yet, the files come with its token, and the answer to the last one has the token for the Worker's upload.
 * `allow` makes a token valid that needs no permission.
 */
export function assetRoutes(assets: StubAssets, allow: (token: string) => void): Route[] {
  return [
    [
      "POST",
      "/accounts/:account/workers/scripts/:name/assets-upload-session",
      "Workers Scripts Write",
      async (request) => {
        const { manifest } = Manifest.parse(await request.json());
        const missing = Object.values(manifest).flatMap(({ hash }) => (assets.has(hash) ? [] : [hash]));
        const jwt = jwtOf(missing.length === 0 ? "completion" : "session");
        allow(jwt);
        return { jwt, buckets: missing.length === 0 ? [] : [missing] };
      },
    ],
    [
      "POST",
      "/accounts/:account/workers/assets/upload",
      null,
      async (request) => {
        for (const [hash, file] of await request.form()) {
          if (typeof file === "string") throw new ApiError(400, 10021, "A file is expected.");
          assets.set(hash, Buffer.from(await file.text(), "base64").toString());
        }
        return { jwt: jwtOf("completion") };
      },
    ],
  ];
}
