import * as z from "zod";
import { adminActor } from "../../../platform/identity/authentication.ts";
import { republishEverything } from "../../../platform/storage/republication.ts";
import { registerAct } from "../act-routes.ts";
import type { ConsoleContext } from "../console-page.tsx";
import { createConsoleRouter } from "../console-router.ts";
import { ReasonForm, reasonField } from "../reason-field.tsx";
import { systemPath } from "../system/done.ts";
import type { TwoStepAct } from "../two-step-act.tsx";

export const systemRepublish = createConsoleRouter();

registerAct(systemRepublish, {
  path: "/admin/system/republish",
  scope: "owner",
  params: z.object({}),
  does: "publish everything again",
  example: { reason: "the ledger was restored to 3 May" },
  leadsTo: "The system page.",
  actOf: republishAct,
});

function republishAct(c: ConsoleContext): TwoStepAct<{ reason: string }> {
  return {
    part: "/admin/system",
    title: "Publish everything again",
    about: "Every license and every worker's releases, from the ledger to the edge copy.",
    button: "Publish everything",
    back: "/admin/system",
    schema: ReasonForm,
    fields: reasonField,
    preview: () => [
      "Each record in KV is written again as the ledger has it now: up to 200 a minute.",
      "Nothing else changes, and downloads go on. Records that are in order already are written as they are.",
      "New changes wait their turn behind it for as long, unless KV takes them at once, as it does as a rule.",
    ],
    carryOut: async ({ reason }) => {
      await republishEverything(c.env.DB, adminActor(c), reason);
      return c.redirect(systemPath("republished"), 303);
    },
  };
}
