import { createRoute, z } from "@hono/zod-openapi";
import { adminActor } from "../../admin/authentication.ts";
import { Problem } from "../../http/problem.ts";
import { requireLicense } from "../../licensing/license-store.ts";
import { checkMayVoidLease, removeMachine } from "../../licensing/machine-removal.ts";
import { pageDocs } from "../../page/page-docs.ts";
import { formatDate } from "../../page/time.tsx";
import { previewMachineRemoval } from "../act-preview.ts";
import type { ConsoleContext } from "../console-page.tsx";
import {
  behind,
  CONSOLE_REFUSALS,
  createConsoleRouter,
  FORM_REFUSALS,
  formBehind,
  formBody,
} from "../console-router.ts";
import { licensePath } from "../license-path.ts";
import { LicenseParams } from "../params.ts";
import { Reason, reasonField } from "../reason-field.tsx";
import { answerAct, askForAct, type TwoStepAct } from "../two-step-act.tsx";

const MachineParams = LicenseParams.extend({
  machine_id: z.string().openapi({ example: "mach_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
});

const path = "/admin/licenses/{id}/machines/{machine_id}/remove";
const REFUSALS = ["LICENSE_NOT_FOUND", "NOT_FOUND"] as const;

const ask = createRoute({
  method: "get",
  path,
  ...behind("licenses:write"),
  request: { params: MachineParams },
  ...pageDocs({
    summary: "Ask why, before: free a machine's seat",
    answers: { 200: "The form." },
    refusals: [...CONSOLE_REFUSALS, ...REFUSALS],
  }),
});

const send = createRoute({
  method: "post",
  path,
  ...formBehind("licenses:write"),
  request: { params: MachineParams, ...formBody({ reason: "the machine was stolen", void_lease: "yes" }) },
  ...pageDocs({
    summary: "Preview, then do: free a machine's seat",
    description: "Without `idempotency_key` it answers with what would happen. `void_lease`: owners only.",
    answers: { 200: "What would happen.", 422: "The form again: something is missing." },
    leadsTo: "The license, changed.",
    refusals: [...FORM_REFUSALS, ...REFUSALS],
  }),
});

const Removal = z.object({ reason: Reason, void_lease: z.literal("yes").optional() });

export const machineRemove = createConsoleRouter();
machineRemove.openapi(ask, async (c) => askForAct(c, await twoStep(c, c.req.valid("param"))));
machineRemove.openapi(send, async (c) => answerAct(c, await twoStep(c, c.req.valid("param"))));

async function twoStep(
  c: ConsoleContext,
  { id, machine_id }: z.output<typeof MachineParams>,
): Promise<TwoStepAct<z.output<typeof Removal>>> {
  const license = await requireLicense(c.env.DB, id);
  const machine = license.machines.find((one) => one.id === machine_id);
  if (!machine) throw new Problem({ code: "NOT_FOUND", detail: "This license has no such machine." });
  const admin = adminActor(c);
  const maySeize = machine.lease_until > admin.now && admin.scopes.includes("owner");
  const back = licensePath(id);
  return {
    part: "/admin/licenses",
    title: "Free this machine's seat",
    about: `${machine.name ?? machine.id} · ${license.email}`,
    button: "Free the seat",
    dangerous: true,
    back,
    schema: Removal,
    fields: (sent, errors) => (
      <>
        {maySeize ? (
          <p>
            <label>
              <input type="checkbox" name="void_lease" value="yes" checked={sent["void_lease"] === "yes"} /> Free it
              although an offline lease keeps it until {formatDate(machine.lease_until)}: for a seat that a thief has
              taken
            </label>
          </p>
        ) : null}
        {reasonField(sent, errors)}
      </>
    ),
    preview: ({ void_lease }) => {
      if (void_lease) checkMayVoidLease(admin);
      return previewMachineRemoval(machine, void_lease === "yes", admin.now);
    },
    carryOut: async ({ reason, void_lease }) => {
      await removeMachine(c, admin, id, machine_id, { voidLease: void_lease === "yes", reason });
      return c.redirect(`${back}?done=remove`, 303);
    },
  };
}
