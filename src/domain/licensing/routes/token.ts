import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { LICENSE_SECURITY } from "../../../platform/http/openapi.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { BODY_PROBLEMS, problems } from "../../../platform/http/problem-schema.ts";
import { countTokenRequest } from "../../../platform/http/rate-limit.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { readUsableLicense } from "../activation.ts";
import { Fingerprint, hashFingerprint } from "../fingerprint.ts";
import { CREDENTIAL_PROBLEMS, type HolderEnv, requireHolder, STANDING_PROBLEMS } from "../holder.ts";
import { machineDeactivated } from "../license-use.ts";
import { activeMachine } from "../machine-store.ts";
import { issueToken, TokenView } from "../token-issue.ts";
import { sameMachine } from "./same-machine.ts";

const Body = z
  .object({
    fingerprint: Fingerprint.openapi({ example: "9f86d081884c7d65" }),
    offline: z.boolean().nullish().openapi({ description: "Ask for a lease as long as the plan allows." }),
  })
  .openapi("TokenRequest");

const route = createRoute({
  method: "post",
  path: "/v1/licenses/token",
  tags: ["Licensing"],
  summary: "Get a fresh token",
  description:
    "A new token for a machine that is active already. The credential is the license key, or a token of that machine that " +
    "has not expired. A license that is not in force gets none, at once: this asks the ledger.",
  security: LICENSE_SECURITY,
  middleware: [requireHolder, jsonBodyLimit],
  request: { body: { required: true, content: { "application/json": { schema: Body } } } },
  responses: {
    200: { description: "The token.", content: { "application/json": { schema: TokenView } } },
    ...problems(
      "CREDENTIAL_REQUIRED",
      ...CREDENTIAL_PROBLEMS,
      ...STANDING_PROBLEMS,
      "MACHINE_DEACTIVATED",
      ...BODY_PROBLEMS,
    ),
  },
});

/** Registers `POST /v1/licenses/token`. */
export function registerToken(router: OpenAPIHono<HolderEnv>): void {
  router.openapi(route, async (c) => {
    const { holder } = c.var;
    const { fingerprint, offline } = c.req.valid("json");
    const hash = await hashFingerprint(holder.licenseId, fingerprint);
    sameMachine(holder, hash);
    await countTokenRequest(c.env, holder, hash);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const license = await readUsableLicense(c.env.DB, holder, c.var.config.PURCHASE_URL, actor.now);
    if (!license.ok) throw new Problem(license.error);
    const machine = activeMachine(license.value, hash);
    if (!machine) throw new Problem(machineDeactivated);
    return c.json(await issueToken(c, license.value, machine, offline ?? false, actor), 200);
  });
}
