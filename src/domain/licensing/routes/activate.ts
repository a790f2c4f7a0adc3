import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { printable } from "../../../lib/printable.ts";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { LICENSE_SECURITY } from "../../../platform/http/openapi.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { BODY_PROBLEMS, problems } from "../../../platform/http/problem-schema.ts";
import { countActivation } from "../../../platform/http/rate-limit.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { activateMachine } from "../activation.ts";
import { Fingerprint, hashFingerprint } from "../fingerprint.ts";
import { CREDENTIAL_PROBLEMS, type HolderEnv, requireHolder, STANDING_PROBLEMS } from "../holder.ts";
import { licenseChanges } from "../license-store.ts";
import { issueToken, TokenView } from "../token-issue.ts";
import { sameMachine } from "./same-machine.ts";

// What a hive leaves out may also be null: serde writes it so.
const Body = z
  .object({
    fingerprint: Fingerprint.openapi({
      description: "What tells this machine from others and stays the same; kept only as a hash.",
      example: "9f86d081884c7d65",
    }),
    name: z.string().max(100).overwrite(printable).nullish().openapi({
      description: "A name for people; question marks take the place of control characters.",
      example: "attic",
    }),
    platform: z.string().max(64).overwrite(printable).nullish().openapi({ example: "linux-x86_64" }),
    offline: z.boolean().nullish().openapi({ description: "Ask for a lease as long as the plan allows." }),
  })
  .openapi("Activation");

const body = { content: { "application/json": { schema: TokenView } } };

const route = createRoute({
  method: "post",
  path: "/v1/licenses/activate",
  tags: ["Licensing"],
  summary: "Activate a machine",
  description:
    "Gives the machine a seat and returns a license token for it. The credential is the license key. Repeating it is safe: " +
    "a machine that is active already takes no second seat. However many ask at once, seats are counted exactly.",
  security: LICENSE_SECURITY,
  middleware: [requireHolder, jsonBodyLimit],
  request: { body: { required: true, content: { "application/json": { schema: Body } } } },
  responses: {
    201: { description: "The machine has taken a seat.", ...body },
    200: { description: "The machine was active already.", ...body },
    ...problems(
      "CREDENTIAL_REQUIRED",
      ...CREDENTIAL_PROBLEMS,
      ...STANDING_PROBLEMS,
      "MACHINE_LIMIT_REACHED",
      ...BODY_PROBLEMS,
    ),
  },
});

/** Registers `POST /v1/licenses/activate`. */
export function registerActivate(router: OpenAPIHono<HolderEnv>): void {
  router.openapi(route, async (c) => {
    const { holder } = c.var;
    if (holder.kind !== "key") {
      throw new Problem({ code: "KEY_INVALID", detail: "Activation takes the license key itself, not a token." });
    }
    const { fingerprint, name, platform, offline } = c.req.valid("json");
    const hash = await hashFingerprint(holder.licenseId, fingerprint);
    sameMachine(holder, hash);
    await countActivation(c.env, holder);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const machine = { hash, name: name ?? null, platform: platform ?? null };
    const activation = await activateMachine(c.env.DB, holder, machine, c.var.config.PURCHASE_URL, actor);
    if (!activation.ok) throw new Problem(activation.error);
    const { license, machine: row, changeId } = activation.value;
    await settle(c, licenseChanges(license.id, changeId));
    const token = await issueToken(c, license, row, offline ?? false, actor);
    return changeId === null ? c.json(token, 200) : c.json(token, 201);
  });
}
