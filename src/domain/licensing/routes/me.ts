import { currentTime } from "../../../lib/time.ts";
import { createRoute, LICENSE_SECURITY, type OpenAPIHono, Problem, problems, z } from "../../../platform/http/route.ts";
import { readHeldLicense } from "../activation.ts";
import { CREDENTIAL_PROBLEMS, type HolderEnv, requireHolder } from "../holder.ts";
import { machineDeactivated } from "../license-use.ts";
import { LicenseView, licenseView } from "../license-view.ts";
import { activeMachine } from "../machine-store.ts";

const route = createRoute({
  method: "get",
  path: "/v1/licenses/me",
  tags: ["Licensing"],
  summary: "What this license is",
  description:
    "The license of the credential, as the ledger has it now. Answers whatever its status, so that a holder can see why " +
    "something was refused.",
  security: LICENSE_SECURITY,
  middleware: [requireHolder],
  responses: {
    200: {
      description: "The license.",
      content: { "application/json": { schema: z.object({ license: LicenseView }) } },
    },
    ...problems("CREDENTIAL_REQUIRED", ...CREDENTIAL_PROBLEMS, "MACHINE_DEACTIVATED"),
  },
});

/** Registers `GET /v1/licenses/me`. */
export function registerMe(router: OpenAPIHono<HolderEnv>): void {
  router.openapi(route, async (c) => {
    const { holder } = c.var;
    const license = await readHeldLicense(c.env.DB, holder);
    if (!license.ok) throw new Problem(license.error);
    // A token stands for its machine: once that has lost its seat, it learns nothing more of the license.
    if (holder.kind === "token" && !activeMachine(license.value, holder.machine)) throw new Problem(machineDeactivated);
    return c.json({ license: licenseView(license.value, currentTime()) }, 200);
  });
}
