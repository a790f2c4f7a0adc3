import { toRfc3339 } from "../../../lib/time.ts";
import { countFalseRunToken, countRunToken } from "../../../platform/http/rate-limit.ts";
import { ANYONE, createRouter, operation, Problem, Timestamp, z } from "../../../platform/http/route.ts";
import { requireOwnLedger } from "../../../platform/storage/deployment.ts";
import { AUDIENCE, MOST_TOKEN_TEXT, verifyRunToken } from "../claims.ts";
import { refusalOfRun } from "../decision.ts";
import { exchangeRunToken, TOKEN_SCOPES } from "../exchange.ts";
import { explainRunRefusal, explainTokenFault } from "../refusal.ts";

const RunTokenAnswer = z
  .object({
    token: z.string().openapi({
      description: "An admin token. It cannot be read again.",
      example: `rbee_adm_${"A1b2C3d4".repeat(5)}E5f`,
    }),
    token_type: z.literal("Bearer"),
    expires_at: Timestamp,
    scopes: z.array(z.string()).openapi({ example: ["releases:write"] }),
    worker_ids: z.array(z.string()).openapi({
      description: "The workers that it may draft, upload and publish.",
      example: ["llm-worker-rbee-premium-cuda"],
    }),
    publisher_id: z.string().openapi({ example: "pub_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
  })
  .openapi("RunToken");

/** The exchange of a workflow run's token for an admin token. */
export const exchangeRoutes = createRouter();

exchangeRoutes.openapi(
  operation("post", "/v1/trusted-publishing/token", {
    tag: "Trusted publishing",
    summary: "Exchange the token of a workflow run for an admin token",
    description:
      "For a job of GitHub Actions that publishes without a stored secret. `token` is the OIDC token of the run, asked for with the " +
      `audience \`${AUDIENCE}\` (the job needs \`permissions: id-token: write\`). An owner must have named the repository, workflow, ` +
      "environment and ref. The admin token works for 15 minutes, for the workers of that publisher. A token of a run is accepted " +
      "once: ask GitHub for a new one for each request, also to repeat one whose answer was lost.",
    access: ANYONE,
    body: z
      .object({
        token: z
          .string()
          .min(1)
          .max(MOST_TOKEN_TEXT)
          .openapi({ description: "The OIDC token of the workflow run.", example: "eyJ0eXAiOiJKV1Qi..." }),
      })
      .strict()
      .openapi("RunTokenRequest"),
    limit: 16 * 1024,
    answers: { 200: ["The admin token.", RunTokenAnswer] },
    refusals: [
      "OIDC_TOKEN_INVALID",
      "OIDC_TOKEN_EXPIRED",
      "OIDC_TOKEN_REUSED",
      "PUBLISHER_UNKNOWN",
      "PUBLISHER_FORK",
      "PUBLISHER_PULL_REQUEST",
      "PUBLISHER_EVENT",
      "PUBLISHER_WORKFLOW",
      "PUBLISHER_ENVIRONMENT",
      "PUBLISHER_REF",
      "RATE_LIMITED",
    ],
  }),
  async (c) => {
    const { config, now, requestId, clientRequestId } = c.var;
    const verified = await verifyRunToken(c.req.valid("json").token, config, c.env.EDGE, now);
    if (!verified.ok) {
      const refusal = explainTokenFault(verified.error, config.PUBLISHER_ISSUER);
      if (refusal.code === "OIDC_TOKEN_INVALID") await countFalseRunToken(c.env, c.req.raw);
      throw new Problem(refusal);
    }
    const claims = verified.value;
    const refusal = refusalOfRun(claims);
    if (refusal !== null) throw new Problem(explainRunRefusal(refusal, claims));
    await countRunToken(c.env, claims.repository_id);
    await requireOwnLedger(c.env);
    const { token, expires_at, publisher, worker_ids } = await exchangeRunToken(c.env.DB, claims, {
      ...{ requestId, clientRequestId, now },
    });
    c.header("Cache-Control", "no-store");
    return c.json(
      {
        ...{ token, token_type: "Bearer" as const, expires_at: toRfc3339(expires_at) },
        ...{ scopes: [...TOKEN_SCOPES], worker_ids, publisher_id: publisher.id },
      },
      200,
    );
  },
);
