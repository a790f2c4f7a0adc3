import { type Asker, askerOf } from "../../../domain/delivery/authorization.ts";
import { encodeBase64 } from "../../../lib/encoding.ts";
import { toRfc3339 } from "../../../lib/time.ts";
import {
  type AppContext,
  createRoute,
  createRouter,
  limitBody,
  Problem,
  type RequestScope,
  z,
} from "../../../platform/http/route.ts";
import { requireStanding, seatFor } from "../access.ts";
import { TOKEN_PATH } from "../challenge.ts";
import { repositoryOf } from "../names.ts";
import { registryErrorsAt, SECURITY, TAGS } from "../route.ts";
import { scopeOf, workersOfScopes } from "../scope.ts";
import { registrySecret, sealToken, TOKEN_LIFETIME } from "../token.ts";

const TokenAnswer = z.object({
  token: z.string().openapi({ description: "The registry token.", example: "rbee_reg_WzEsMTc5..." }),
  access_token: z.string().openapi({ description: "The same, for OAuth2 clients.", example: "rbee_reg_WzEsMTc5..." }),
  scope: z
    .string()
    .openapi({ description: "The scope of the token.", example: "repository:rbee/llm-worker-rbee-cpu:pull" }),
  expires_in: z.int().openapi({ description: "Seconds until it ends.", example: TOKEN_LIFETIME }),
  issued_at: z.iso.datetime().openapi({ description: "When it was made." }),
});

const responses = {
  200: { description: "A token.", content: { "application/json": { schema: TokenAnswer } } },
  ...registryErrorsAt(TOKEN_PATH),
};

const about =
  "The token endpoint of the registry, which `docker`, `podman` and containerd ask by themselves. The token lasts five minutes, and " +
  "every request with it is decided again. Without a credential it is for free workers. A scope of a premium worker gives the " +
  "machine a seat, as a download by key does. Without a scope (`docker login`) it only checks the credential.";

const byBasic = createRoute({
  method: "get",
  path: TOKEN_PATH,
  tags: TAGS,
  summary: "Get a token for the container registry",
  description: about,
  security: SECURITY,
  request: {
    query: z.object({
      service: z.string().or(z.array(z.string())).optional().openapi({ description: "The registry. Ignored." }),
      scope: z.string().or(z.array(z.string())).optional().openapi({
        description: "The repositories. May be there more than once.",
        example: "repository:rbee/llm-worker-rbee-cpu:pull",
      }),
    }),
  },
  responses,
});

const PasswordForm = z.object({
  grant_type: z.string().openapi({ example: "password" }),
  username: z.string().optional().openapi({ example: "gpu-box-1" }),
  password: z.string().optional().openapi({ example: "rbee_lic_..." }),
  scope: z.string().optional().openapi({ example: "repository:rbee/llm-worker-rbee-cpu:pull" }),
});

const byPassword = createRoute({
  method: "post",
  path: TOKEN_PATH,
  tags: TAGS,
  summary: "Get a token for the container registry by OAuth2",
  description: `${about} \`grant_type\` is \`password\`: the machine's name and the license key. There are no refresh tokens.`,
  security: [],
  middleware: [limitBody(16 * 1024)] as const,
  request: { body: { content: { "application/x-www-form-urlencoded": { schema: PasswordForm } } } },
  responses: { ...responses, ...registryErrorsAt(TOKEN_PATH, "PAYLOAD_TOO_LARGE") },
});

/** The token endpoint: `GET` with Basic, and `POST` with a password grant, which containerd tries first. */
export const token = createRouter();

token.openapi(byBasic, async (c) => c.json(await newToken(c, c.req.queries("scope") ?? []), 200, PRIVATE));

token.openapi(byPassword, async (c) => {
  const { grant_type, username = "", password = "", scope = "" } = c.req.valid("form");
  if (grant_type !== "password" || password === "") {
    throw new Problem({
      code: "CREDENTIAL_REQUIRED",
      detail:
        "This registry has no refresh tokens. Log in with the machine's name as user and the license key as password.",
    });
  }
  const { raw } = c.req;
  const headers = new Headers(raw.headers);
  headers.set("Authorization", `Basic ${encodeBase64(new TextEncoder().encode(`${username}:${password}`))}`);
  const { env, executionCtx, var: variables } = c as AppContext;
  const withBasic = { env, executionCtx, var: variables, req: { raw: new Request(raw.url, { headers }) } };
  return c.json(await newToken(withBasic, [scope]), 200, PRIVATE);
});

/**
 * A token for the repositories of `scopes`, by the credential of the request. A refusal of a seat does not fail: the
 * token carries it to the registry, because people see the registry's answers. Throws the problem of a credential that
 * is not genuine, and without a scope, of one that is no longer in force.
 */
async function newToken(c: RequestScope, scopes: readonly string[]): Promise<z.infer<typeof TokenAnswer>> {
  const { now, config } = c.var;
  const asker = await askerOf(c, { tier: "premium" });
  const workers = workersOfScopes(scopes);
  if (asker && workers.length === 0) await requireStanding(c, asker);
  let machine = asker?.machine ?? "";
  let unseated = null;
  for (const worker of asker ? workers.filter(({ tier }) => tier === "premium") : []) {
    const seat = await seatFor(c, worker, asker as Asker);
    machine = seat.machine ?? machine;
    unseated = seat.refusal ?? unseated;
  }
  const made = {
    issuedAt: now,
    provenAt: asker?.tokenMadeAt ?? now,
    holder: asker && { licenseId: asker.licenseId, machine, generation: asker.generation },
    workers: workers.map(({ id }) => id),
    unseated: unseated && { code: unseated.code, detail: unseated.detail },
  };
  const sealed = await sealToken(made, await registrySecret(config));
  return {
    token: sealed,
    access_token: sealed,
    scope: scopeOf(workers.map(repositoryOf)),
    expires_in: TOKEN_LIFETIME,
    issued_at: toRfc3339(now),
  };
}

const PRIVATE = { "Cache-Control": "private, no-store" };
