import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonBodyLimit } from "../../../platform/http/body.ts";
import { LICENSE_SECURITY } from "../../../platform/http/openapi.ts";
import { Problem } from "../../../platform/http/problem.ts";
import { BODY_PROBLEMS, problems } from "../../../platform/http/problem-schema.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { readHeldLicense } from "../activation.ts";
import { Fingerprint, hashFingerprint } from "../fingerprint.ts";
import { CREDENTIAL_PROBLEMS, type HolderEnv, requireHolder } from "../holder.ts";
import { licenseChanges } from "../license-store.ts";
import { freeSeat } from "../machine-store.ts";
import { sameMachine } from "./same-machine.ts";

const Body = z.object({ fingerprint: Fingerprint.openapi({ example: "9f86d081884c7d65" }) }).openapi("Deactivation");

const route = createRoute({
  method: "post",
  path: "/v1/licenses/deactivate",
  tags: ["Licensing"],
  summary: "Deactivate a machine",
  description:
    "Frees the machine's seat; its tokens open nothing any more. Allowed whatever the license's status, and repeatable: a " +
    "machine that holds no seat is a success. A token may free its own machine only. A running offline lease keeps its seat " +
    "until it ends.",
  security: LICENSE_SECURITY,
  middleware: [requireHolder, jsonBodyLimit],
  request: { body: { required: true, content: { "application/json": { schema: Body } } } },
  responses: {
    204: { description: "The machine holds no seat." },
    ...problems("CREDENTIAL_REQUIRED", ...CREDENTIAL_PROBLEMS, ...BODY_PROBLEMS),
  },
});

/** Registers `POST /v1/licenses/deactivate`. */
export function registerDeactivate(router: OpenAPIHono<HolderEnv>): void {
  router.openapi(route, async (c) => {
    const { holder } = c.var;
    const hash = await hashFingerprint(holder.licenseId, c.req.valid("json").fingerprint);
    sameMachine(holder, hash);
    const license = await readHeldLicense(c.env.DB, holder);
    if (!license.ok) throw new Problem(license.error);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const changeId = await freeSeat(c.env.DB, holder.licenseId, { hash }, actor);
    await settle(c, licenseChanges(holder.licenseId, changeId));
    return c.body(null, 204);
  });
}
