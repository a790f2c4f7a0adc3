import { createRoute } from "@hono/zod-openapi";
import * as z from "zod";
import { adminActor } from "../../admin/authentication.ts";
import { pageDocs } from "../../page/page-docs.ts";
import { republishEverything } from "../../storage/republication.ts";
import type { ConsoleContext } from "../console-page.tsx";
import {
  behind,
  CONSOLE_REFUSALS,
  createConsoleRouter,
  FORM_REFUSALS,
  formBehind,
  formBody,
} from "../console-router.ts";
import { Reason, reasonField } from "../reason-field.tsx";
import { systemPath } from "../system/done.ts";
import { answerAct, askForAct, type TwoStepAct } from "../two-step-act.tsx";

const path = "/admin/system/republish";

const ask = createRoute({
  method: "get",
  path,
  ...behind("owner"),
  ...pageDocs({
    summary: "Ask why, before: publish everything again",
    answers: { 200: "The form." },
    refusals: CONSOLE_REFUSALS,
  }),
});

const send = createRoute({
  method: "post",
  path,
  ...formBehind("owner"),
  request: formBody({ reason: "the ledger was restored to 3 May" }),
  ...pageDocs({
    summary: "Preview, then do: publish everything again",
    description: "Without `idempotency_key` it answers with what would happen.",
    answers: { 200: "What would happen.", 422: "The form again: something is missing." },
    leadsTo: "The system page.",
    refusals: FORM_REFUSALS,
  }),
});

const RepublishForm = z.object({ reason: Reason });

const republishAct = (c: ConsoleContext): TwoStepAct<z.output<typeof RepublishForm>> => ({
  part: "/admin/system",
  title: "Publish everything again",
  about: "Every license and every worker's releases, from the ledger to the edge copy.",
  button: "Publish everything",
  back: "/admin/system",
  schema: RepublishForm,
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
});

export const systemRepublish = createConsoleRouter();
systemRepublish.openapi(ask, (c) => askForAct(c, republishAct(c)));
systemRepublish.openapi(send, (c) => answerAct(c, republishAct(c)));
