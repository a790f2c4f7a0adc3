import { z } from "@hono/zod-openapi";
import { EXAMPLE_LICENSE_ID } from "./license-view.ts";

/** The `{id}` in the paths of a license. */
export const LicenseParams = z.object({
  id: z.string().openapi({ param: { description: "The license." }, example: EXAMPLE_LICENSE_ID }),
});

/** The `{id}` and `{machine_id}` in the paths of a machine of a license. */
export const MachineParams = LicenseParams.extend({
  machine_id: z.string().openapi({
    param: { description: "The machine's id in the license." },
    example: "mach_06b4m2v8w5r7q1t3x9z2k4n6p8",
  }),
});
