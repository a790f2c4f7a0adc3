import { currentTime } from "../../../lib/time.ts";
import { type AppEnv, createRoute, type OpenAPIHono, problems, z } from "../../../platform/http/route.ts";
import { licensingSecrets } from "../secrets.ts";
import { publishedKeys } from "../signing-keys.ts";

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
        exp: z.number().optional().openapi({ description: "When a key that no longer signs stops to verify." }),
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

const route = createRoute({
  method: "get",
  path: "/.well-known/jwks.json",
  tags: ["Licensing"],
  summary: "Keys that verify license tokens",
  description:
    "RFC 7517. With these a hive verifies its token without calling us; see also the status list in the token.",
  security: [],
  responses: {
    200: { description: "The key set.", content: { "application/json": { schema: KeySet } } },
    ...problems("INTERNAL_ERROR"),
  },
});

/** Registers `GET /.well-known/jwks.json`. */
export function registerJwks(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const { keyring } = await licensingSecrets(c.var.config);
    c.header("Cache-Control", "public, max-age=3600");
    c.header("Access-Control-Allow-Origin", "*");
    return c.json({ keys: publishedKeys(keyring, currentTime()) }, 200);
  });
}
