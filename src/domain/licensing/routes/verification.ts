import { IsolateCache, SMALL_CACHE } from "../../../lib/isolate.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import type { Config } from "../../../platform/config/config.ts";
import { cachedText, cacheText } from "../../../platform/http/edge-cache.ts";
import { ANYONE, type AppContext, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { licensingSecrets } from "../secrets.ts";
import { publishedKeys } from "../token/signing-keys.ts";
import {
  packStatusList,
  STATUS_INDEX_SPACE,
  STATUS_LIST_SIZE,
  STATUS_LIST_TTL,
  signStatusList,
} from "../token/status-list.ts";
import { listedStatuses } from "../token/status-store.ts";

const KeySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        kid: z.string(),
        x: z.string(),
        alg: z.literal("EdDSA"),
        use: z.literal("sig"),
        exp: z.number().optional().openapi({ description: "When a key that no longer signs stops verifying." }),
      }),
    ),
  })
  .openapi("JsonWebKeySet", {
    example: {
      keys: [
        {
          kty: "OKP",
          crv: "Ed25519",
          kid: "2026-11",
          x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
          alg: "EdDSA",
          use: "sig",
        },
      ],
    },
  });

/** The documents for offline verifiers: the keys and the status lists. */
export const verification = createRouter();

verification.openapi(
  operation("get", "/.well-known/jwks.json", {
    tag: "Licensing",
    summary: "Keys that verify license tokens",
    description:
      "RFC 7517. A hive verifies its token with these keys, without calling us. See also the status list in the token.",
    access: ANYONE,
    answers: { 200: ["The key set.", KeySet] },
    refusals: ["INTERNAL_ERROR"],
  }),
  async (c) => {
    const { keyring } = await licensingSecrets(c.var.config);
    c.header("Cache-Control", "public, max-age=3600");
    c.header("Access-Control-Allow-Origin", "*");
    return c.json({ keys: publishedKeys(keyring, c.var.now) }, 200);
  },
);

const LISTS = STATUS_INDEX_SPACE / STATUS_LIST_SIZE;

/** A signed list, and the second until which it is handed out. */
type List = { token: string; until: UnixSeconds };

const lists = new IsolateCache<List>(LISTS, SMALL_CACHE);

/**
 * A list from the cache of this data center, else from the ledger. It is handed out for half of the time that verifiers
 * keep it, counted from when it was made: no cache between the ledger and a verifier adds to that.
 */
async function readList(c: AppContext, n: number, uri: string): Promise<List> {
  const { now, config } = c.var;
  const cached = await cachedText(uri, now);
  const list = cached ? { token: cached.text, until: cached.until } : await makeList(c.env, n, uri, config, now);
  if (!cached) c.executionCtx.waitUntil(cacheText(uri, list.token, list.until, now));
  lists.set(uri, list, list.until);
  return list;
}

async function makeList({ DB }: Env, n: number, uri: string, config: Config, now: UnixSeconds): Promise<List> {
  const bytes = packStatusList(await listedStatuses(DB, n, now));
  const { keyring } = await licensingSecrets(config);
  const token = await signStatusList(bytes, { uri, issuer: config.PUBLIC_URL, keyring, now });
  return { token, until: now + STATUS_LIST_TTL / 2 };
}

verification.openapi(
  operation("get", "/v1/licenses/status/{n}", {
    tag: "Licensing",
    summary: "A token status list",
    description:
      "IETF Token Status List: two bits for each machine whose tokens name this list. 0 valid, 1 invalid for good (removed, " +
      "key rotated, license revoked), 2 suspended or expired. Signed with a key of the JWKS; a verifier may keep it for `ttl` seconds.",
    access: ANYONE,
    params: z.object({
      n: z.string().openapi({ description: "From the token's `status.status_list.uri`.", example: "7" }),
    }),
    answers: {
      200: {
        description: "The list as a signed token.",
        content: {
          "application/statuslist+jwt": {
            schema: z.string().openapi({ example: "eyJ0eXAiOiJzdGF0dXNsaXN0K2p3dCJ9.eyJ..." }),
          },
        },
      },
    },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const { n } = c.req.valid("param");
    const number = /^(0|[1-9]\d{0,3})$/.test(n) ? Number(n) : LISTS;
    if (number >= LISTS) throw new Problem({ code: "NOT_FOUND", detail: "There is no such status list." });
    const { now } = c.var;
    const uri = `${c.var.config.PUBLIC_URL}/v1/licenses/status/${n}`;
    const { token, until } = lists.get(uri, now) ?? (await readList(c, number, uri));
    return c.body(token, 200, {
      "Content-Type": "application/statuslist+jwt",
      "Cache-Control": `public, max-age=${until - now}`,
      "Access-Control-Allow-Origin": "*",
    });
  },
);
