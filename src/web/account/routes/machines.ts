import { licenseChanges } from "../../../domain/licensing/license/store.ts";
import { LicenseParams, MachineParams } from "../../../domain/licensing/license/view.ts";
import { Fingerprint } from "../../../domain/licensing/machine/fingerprint.ts";
import { freeSeat } from "../../../domain/licensing/machine/seat.ts";
import { issueOfflineLease, seatForLease } from "../../../domain/licensing/token/issue.ts";
import { PROBLEMS, Problem, type Refusal, z } from "../../../platform/http/route.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { formBody } from "../../page/kit.ts";
import { accountForm, accountRouter, licensePath } from "../frame.tsx";
import { answerWithLicense } from "../license-response.ts";
import { hasLease } from "../pages/sections.tsx";
import { requireOwnLicense } from "../store.ts";

/** `POST /account/licenses/{id}/machines/{machine_id}/free` and `POST /account/licenses/{id}/lease`. */
export const machines = accountRouter();

machines.openapi(
  accountForm("/account/licenses/{id}/machines/{machine_id}/free", {
    request: {
      params: MachineParams,
      body: formBody({}),
    },
    summary: "Free the seat of one of your machines",
    description: "Idempotent. A valid offline lease keeps the seat until it ends.",
    leadsTo: "The license, with a confirmation.",
    refusals: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  }),
  async (c) => {
    const { id, machine_id } = c.req.valid("param");
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, id);
    const machine = license.machines.find((one) => one.id === machine_id);
    if (!machine) throw new Problem({ code: "NOT_FOUND", detail: "This license has no such machine." });
    const actor = actorOf(c, `account:${id}`);
    const changeId = await freeSeat(c.env.DB, id, { id: machine_id }, actor);
    await settle(c, licenseChanges(id, changeId));
    return c.redirect(licensePath(id, hasLease(machine, actor.now) ? "leased" : "freed"), 303);
  },
);

const noFingerprint: Refusal = {
  code: "VALIDATION_FAILED",
  detail: "A fingerprint has 1 to 256 characters. Please check it.",
};

machines.openapi(
  accountForm("/account/licenses/{id}/lease", {
    request: { params: LicenseParams, body: formBody({ machine: "", fingerprint: "9f86d081884c7d65" }) },
    summary: "Download an offline lease of one of your licenses",
    description:
      "The license token of `POST /v1/licenses/token` with `offline`, as a file. It is for the machine with `fingerprint`, which " +
      "takes a seat if it has none. Without `fingerprint` it is for `machine`, the id of a machine with a seat.",
    answers: {
      403: "The license, with the reason of the refusal.",
      409: "The license, with the reason of the refusal.",
      422: "The license, with a hint at the invalid fingerprint.",
      429: "The license, with a hint that you requested leases too often.",
    },
    refusals: ["LICENSE_NOT_FOUND"],
    files: {
      200: {
        description: "The token, as a file.",
        content: { "application/jwt": { schema: z.string().openapi({ example: "eyJhbGciOiJFZERTQSJ9.eyJ..." }) } },
      },
    },
  }),
  async (c) => {
    const { machine: machineId = "", fingerprint: sent = "" } = c.req.valid("form");
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    const again = (refusal: Refusal) =>
      answerWithLicense(c, license, { leaseFault: { machine: machineId, fingerprint: sent, refusal } });
    const fingerprint = Fingerprint.safeParse(sent);
    // The typed fingerprint wins over the preselected machine, because a lease for the wrong machine cannot be revoked.
    const isTyped = sent.trim() !== "" || machineId === "";
    if (isTyped && !fingerprint.success) return again(noFingerprint);
    try {
      const wanted = isTyped && fingerprint.success ? { fingerprint: fingerprint.data } : { machineId };
      const actor = actorOf(c, `account:${license.id}`);
      const seat = await seatForLease({ env: c.env, config: c.var.config }, license, wanted, actor);
      await settle(c, licenseChanges(license.id, seat.changeId));
      const { token, machine } = await issueOfflineLease(c, seat, actor);
      return c.body(token, 200, {
        "Content-Type": "application/jwt",
        "Content-Disposition": `attachment; filename="rbee-lease-${machine.id}.jwt"`,
      });
    } catch (error) {
      if (!(error instanceof Problem) || PROBLEMS[error.code].status >= 500) throw error;
      return again(error);
    }
  },
);
