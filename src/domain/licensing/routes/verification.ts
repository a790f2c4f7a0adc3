import { IsolateCache } from "../../../lib/isolate.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { ANYONE, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { LICENSE_STATUSES, STATUS_SQL } from "../license/record.ts";
import { licensingSecrets } from "../secrets.ts";
import { publishedKeys } from "../token/signing-keys.ts";
import {
  packStatusList,
  STATUS_INDEX_SPACE,
  STATUS_LIST_SIZE,
  STATUS_LIST_TTL,
  signStatusList,
} from "../token/status-list.ts";

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

const lists = new IsolateCache<string>(LISTS);

async function makeList(
  c: { env: Env },
  n: number,
  sign: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>,
  now: UnixSeconds,
) {
  const first = n * STATUS_LIST_SIZE;
  const { results } = await c.env.DB.prepare(
    `SELECT idx, status FROM (SELECT status_index - ?2 AS idx, ${STATUS_SQL} AS status FROM licenses
     WHERE status_index >= ?2 AND status_index < ?3) WHERE status <> 'active'`,
  )
    .bind(now, first, first + STATUS_LIST_SIZE)
    .all();
  const Entry = z.object({ idx: z.number(), status: z.enum(LICENSE_STATUSES) });
  return sign(packStatusList(results.map((row) => Entry.parse(row))));
}

verification.openapi(
  operation("get", "/v1/licenses/status/{n}", {
    tag: "Licensing",
    summary: "A token status list",
    description:
      "IETF Token Status List: two bits for each license whose tokens name this list. 0 valid, 1 invalid for good, 2 suspended " +
      "or expired. Signed with a key of the JWKS; a verifier may keep it for `ttl` seconds.",
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
    const issuer = c.var.config.PUBLIC_URL;
    const uri = `${issuer}/v1/licenses/status/${n}`;
    let token = lists.get(uri, now);
    if (token === undefined) {
      const { keyring } = await licensingSecrets(c.var.config);
      token = await makeList(c, number, (bytes) => signStatusList(bytes, { uri, issuer, keyring, now }), now);
      lists.set(uri, token, now + STATUS_LIST_TTL / 2);
    }
    return c.body(token, 200, {
      "Content-Type": "application/statuslist+jwt",
      "Cache-Control": `public, max-age=${STATUS_LIST_TTL / 2}`,
      "Access-Control-Allow-Origin": "*",
    });
  },
);
