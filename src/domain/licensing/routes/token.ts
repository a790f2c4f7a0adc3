import { countTokenRequest } from "../../../platform/http/rate-limit.ts";
import { createRouter, operation, z } from "../../../platform/http/route.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { HOLDER, type HolderEnv, STANDING_PROBLEMS, sameMachine } from "../holder.ts";
import { LicenseView, licenseView } from "../license/view.ts";
import { readHeldLicense, readUsableLicense } from "../machine/activation.ts";
import { Fingerprint, hashFingerprint } from "../machine/fingerprint.ts";
import { activeMachine } from "../machine/seat.ts";
import { licenseProblem } from "../refusal.ts";
import { issueToken, TokenView } from "../token/issue.ts";

const Body = z
  .object({
    fingerprint: Fingerprint.openapi({ example: "9f86d081884c7d65" }),
    offline: z.boolean().nullish().openapi({ description: "Ask for a lease as long as the plan allows." }),
  })
  .openapi("TokenRequest");

/** The operations of a credential's holder on its license. */
export const token = createRouter<HolderEnv>();

token.openapi(
  operation("post", "/v1/licenses/token", {
    tag: "Licensing",
    summary: "Get a fresh token",
    description:
      "A new token for a machine that is already active. The credential is the license key, or an unexpired token " +
      "of that machine. It reads the ledger, so a license that is not in force is refused at once.",
    access: HOLDER,
    body: Body,
    answers: { 200: ["The token.", TokenView] },
    refusals: [...STANDING_PROBLEMS, "MACHINE_DEACTIVATED"],
  }),
  async (c) => {
    const { holder } = c.var;
    const { fingerprint, offline } = c.req.valid("json");
    const hash = await hashFingerprint(holder.licenseId, fingerprint);
    sameMachine(holder, hash);
    await countTokenRequest(c.env, holder, hash);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const license = await readUsableLicense(c.env.DB, holder, actor.now);
    if (!license.ok) throw licenseProblem(license.error, c.var.config);
    const machine = activeMachine(license.value, hash);
    if (!machine) throw licenseProblem({ code: "MACHINE_DEACTIVATED" }, c.var.config);
    return c.json(await issueToken(c, license.value, machine, offline ?? false, actor), 200);
  },
);

token.openapi(
  operation("get", "/v1/licenses/me", {
    tag: "Licensing",
    summary: "Show this license",
    description:
      "The license of the credential, from the ledger. It answers in any status, so that a holder can see the " +
      "reason for a refusal.",
    access: HOLDER,
    answers: { 200: ["The license.", z.object({ license: LicenseView })] },
    refusals: ["MACHINE_DEACTIVATED"],
  }),
  async (c) => {
    const { holder } = c.var;
    const license = await readHeldLicense(c.env.DB, holder);
    if (!license.ok) throw licenseProblem(license.error, c.var.config);
    // A token is for its machine: once the machine has lost its seat, the token reads nothing more of the license.
    if (holder.kind === "token" && !activeMachine(license.value, holder.machine))
      throw licenseProblem({ code: "MACHINE_DEACTIVATED" }, c.var.config);
    return c.json({ license: licenseView(license.value, c.var.now) }, 200);
  },
);
