import { actOnLicense } from "../../../domain/licensing/admin/act.ts";
import { decideAdminAct, explainAdminRefusal } from "../../../domain/licensing/admin/decision.ts";
import { licenseChanges } from "../../../domain/licensing/license/store.ts";
import { LicenseParams, MachineParams } from "../../../domain/licensing/license/view.ts";
import { fingerprintSchema } from "../../../domain/licensing/machine/fingerprint.ts";
import { freeSeat, noSuchMachine } from "../../../domain/licensing/machine/seat.ts";
import { issueOfflineLease, seatForLease } from "../../../domain/licensing/token/issue.ts";
import { openBillingPortal } from "../../../domain/purchase/billing-portal.ts";
import { MachineCount, PlanOnSale, startCheckout } from "../../../domain/purchase/checkout/start.ts";
import { PROBLEMS, Problem, type Refusal, z } from "../../../platform/http/route.ts";
import { keepSession } from "../../../platform/identity/session/lifecycle.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { formBody } from "../../page/kit.ts";
import { ACCEPTED } from "../../shop/terms-consent.tsx";
import { accountForm, accountRouter, accountView, licensePath } from "../frame.tsx";
import { answerWithLicense, wordsFor } from "../license-response.ts";
import { rotateKeyPage } from "../pages/key-section.tsx";
import { freeSeatPage, hasLease } from "../pages/machines.tsx";
import { overviewPage } from "../pages/overview-page.tsx";
import { listOwnLicenses, requireOwnLicense } from "../store.ts";

const replacedMeanwhile: Refusal = {
  code: "CONFLICT",
  detail: "The key was replaced again in the meantime. We've emailed the newest key.",
};

const noFingerprint: Refusal = {
  code: "VALIDATION_FAILED",
  detail: "A fingerprint has 1 to 256 characters. Please check it.",
};

/** `GET /account`, and below `/account/licenses/{id}` the license, its billing, its key, its machines and leases. */
export const license = accountRouter();

license.openapi(
  accountView("/account", {
    summary: "The account, as a page",
    answers: { 200: "The license, or a list of several licenses." },
  }),
  async (c) => {
    const licenses = await listOwnLicenses(c.env.DB, c.var.session.by);
    const [only] = licenses;
    if (only && licenses.length === 1) return answerWithLicense(c, only);
    const listed = await Promise.all(licenses.map(async (one) => ({ license: one, words: await wordsFor(c, one) })));
    return overviewPage(listed, c.var.session, c.var.now);
  },
);

license.openapi(
  accountView("/account/licenses/{id}", {
    request: {
      params: LicenseParams,
      query: z.object({
        done: z.string().optional().openapi({ description: "The act that the page confirms.", example: "freed" }),
      }),
    },
    summary: "One of your licenses, as a page",
    answers: { 200: "The license without its key." },
    refusals: ["LICENSE_NOT_FOUND"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return answerWithLicense(c, own, { done: c.req.valid("query").done });
  },
);

license.openapi(
  accountForm("/account/licenses/{id}/billing", {
    request: { params: LicenseParams, body: formBody({}) },
    summary: "Open the billing portal of one of your licenses",
    leadsTo: "The payment provider's portal, which links back to the account.",
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT", "RATE_LIMITED", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return c.redirect(await openBillingPortal(c, own), 303);
  },
);

license.openapi(
  accountForm("/account/licenses/{id}/upgrade", {
    request: { params: LicenseParams, body: formBody({ plan: "premium-lifetime", machines: "25", terms: "yes" }) },
    summary: "Upgrade one of your licenses by a purchase",
    description: "Like `POST /v1/checkout` with the license's key: the key and the machines stay.",
    leadsTo: "The payment page.",
    refusals: [
      "LICENSE_NOT_FOUND",
      "VALIDATION_FAILED",
      "LICENSE_REVOKED",
      "LICENSE_SUSPENDED",
      "CONFLICT",
      "RATE_LIMITED",
      "SERVICE_UNAVAILABLE",
    ],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    const { plan, machines, terms } = c.req.valid("form");
    const wish = z.object({ plan: PlanOnSale, machines: MachineCount }).safeParse({ plan, machines: Number(machines) });
    if (!wish.success)
      throw new Problem({ code: "VALIDATION_FAILED", detail: "Choose a plan and a number of machines." });
    const consent = terms === ACCEPTED ? "form" : null;
    if (c.var.config.TERMS.trim() !== "" && consent === null)
      throw new Problem({ code: "VALIDATION_FAILED", detail: "Please accept the terms of sale." });
    const { url } = await startCheckout(c, { ...wish.data, upgrades: own, consent });
    return c.redirect(url, 303);
  },
);

license.openapi(
  accountForm("/account/licenses/{id}/key", {
    request: { params: LicenseParams, body: formBody({}) },
    summary: "Show the key of one of your licenses",
    description: "A form and not a link, so that a mere visit never shows the key.",
    answers: { 200: "The license with its key." },
    refusals: ["LICENSE_NOT_FOUND"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    return answerWithLicense(c, own, { showKey: true });
  },
);

license.openapi(
  accountView("/account/licenses/{id}/rotate-key", {
    request: { params: LicenseParams },
    summary: "Explain the replacement of a license's key",
    answers: { 200: "The consequences, and the button." },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    const decision = decideAdminAct(own, { action: "rotate-key" }, false, c.var.now);
    if (!decision.ok) throw new Problem(explainAdminRefusal(decision.error));
    return rotateKeyPage(own, c.var.session);
  },
);

license.openapi(
  accountForm("/account/licenses/{id}/rotate-key", {
    request: { params: LicenseParams, body: formBody({ generation: "0" }) },
    summary: "Replace the key of one of your licenses",
    description:
      "Shows and mails the new key. `generation` is that of the key to replace, so the form is idempotent. " +
      "Other sessions of the old key end.",
    answers: { 200: "The license with its new key." },
    refusals: ["LICENSE_NOT_FOUND", "CONFLICT"],
  }),
  async (c) => {
    const { session } = c.var;
    const own = await requireOwnLicense(c.env.DB, session.by, c.req.valid("param").id);
    if (String(own.generation) !== c.req.valid("form").generation) {
      return answerWithLicense(c, own, { showKey: true, isRotated: true });
    }
    const actor = { ...actorOf(c, `account:${own.id}`), scopes: [] };
    const { generation } = own;
    const act = { action: "rotate-key", generation } as const;
    // An admin may rotate the key at the same time, maybe because of this session. Then this act rotates nothing.
    const scope = { db: c.env.DB, config: c.var.config };
    const rotated = await actOnLicense(scope, actor, own.id, act, "by its owner", `rotate-key ${generation}`);
    await settle(c, rotated.changes);
    // A repeated form may find a newer key, made in another session. This session then ends with its old key.
    if (rotated.license.generation !== generation + 1) throw new Problem(replacedMeanwhile);
    await keepSession(c.env.DB, session.id, rotated.license);
    return answerWithLicense(c, rotated.license, { showKey: true, isRotated: true });
  },
);

license.openapi(
  accountView("/account/licenses/{id}/machines/{machine_id}/free", {
    request: { params: MachineParams },
    summary: "Explain the freeing of a machine's seat",
    answers: { 200: "The consequences, and the button." },
    refusals: ["LICENSE_NOT_FOUND", "NOT_FOUND"],
  }),
  async (c) => {
    const { id, machine_id } = c.req.valid("param");
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, id);
    const machine = own.machines.find((one) => one.id === machine_id);
    if (!machine) throw new Problem(noSuchMachine);
    return freeSeatPage({ license: own, machine, visitor: c.var.session, now: c.var.now });
  },
);

license.openapi(
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
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, id);
    const machine = own.machines.find((one) => one.id === machine_id);
    if (!machine) throw new Problem(noSuchMachine);
    const actor = actorOf(c, `account:${id}`);
    const changeId = await freeSeat(c.env.DB, id, { id: machine_id }, actor);
    await settle(c, licenseChanges(id, changeId));
    return c.redirect(licensePath(id, hasLease(machine, actor.now) ? "leased" : "freed"), 303);
  },
);

license.openapi(
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
    const own = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    const again = (refusal: Refusal) =>
      answerWithLicense(c, own, { leaseFault: { machine: machineId, fingerprint: sent, refusal } });
    const fingerprint = fingerprintSchema().safeParse(sent);
    // The typed fingerprint wins over the preselected machine, because a lease for the wrong machine cannot be revoked.
    const isTyped = sent.trim() !== "" || machineId === "";
    if (isTyped && !fingerprint.success) return again(noFingerprint);
    try {
      const wanted = isTyped && fingerprint.success ? { fingerprint: fingerprint.data } : { machineId };
      const actor = actorOf(c, `account:${own.id}`);
      const seat = await seatForLease({ env: c.env, config: c.var.config }, own, wanted, actor);
      await settle(c, licenseChanges(own.id, seat.changeId));
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
