import { licenseChanges } from "../../../domain/licensing/license/store.ts";
import { MachineParams } from "../../../domain/licensing/license/view.ts";
import { freeSeat } from "../../../domain/licensing/machine/seat.ts";
import { createRoute, type OpenAPIHono, Problem } from "../../../platform/http/route.ts";
import { type CustomerEnv, SIGNED_IN_FORM } from "../../../platform/identity/session/account.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { licensePath } from "../license-path.ts";
import { requireOwnLicense } from "../own-licenses.ts";
import { hasLease } from "../seats.ts";

const route = createRoute({
  method: "post",
  path: "/account/licenses/{id}/machines/{machine_id}/free",
  middleware: SIGNED_IN_FORM,
  request: {
    params: MachineParams,
    body: formBody({}),
  },
  ...pageDocs({
    summary: "Free the seat of a machine of one's own",
    description: "Repeatable. A running offline lease keeps the seat until it ends.",
    answers: {},
    leadsTo: "The license, saying so.",
    refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND", "NOT_FOUND"],
  }),
});

/** Registers `POST /account/licenses/{id}/machines/{machine_id}/free`. */
export function registerMachineFree(router: OpenAPIHono<CustomerEnv>): void {
  router.openapi(route, async (c) => {
    const { id, machine_id } = c.req.valid("param");
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, id);
    const machine = license.machines.find((one) => one.id === machine_id);
    if (!machine) throw new Problem({ code: "NOT_FOUND", detail: "This license has no such machine." });
    const actor = actorOf(c, `account:${id}`);
    const changeId = await freeSeat(c.env.DB, id, { id: machine_id }, actor);
    await settle(c, licenseChanges(id, changeId));
    return c.redirect(licensePath(id, hasLease(machine, actor.now) ? "leased" : "freed"), 303);
  });
}
