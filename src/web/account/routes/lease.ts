import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { licenseChanges } from "../../../domain/licensing/license/store.ts";
import { LicenseParams } from "../../../domain/licensing/license/view.ts";
import { Fingerprint } from "../../../domain/licensing/machine/fingerprint.ts";
import { issueOfflineLease, seatForLease } from "../../../domain/licensing/token/issue.ts";
import { PROBLEMS, Problem, type Refusal } from "../../../platform/http/problem.ts";
import { type CustomerEnv, SIGNED_IN_FORM } from "../../../platform/identity/session/account.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { FORM_REFUSALS, formBody, pageDocs } from "../../page/kit.ts";
import { answerWithLicense } from "../license-response.ts";
import { requireOwnLicense } from "../own-licenses.ts";

const docs = pageDocs({
  summary: "Download an offline lease of a license of one's own",
  description:
    "A license token as `POST /v1/licenses/token` with `offline` gives, as a file: for the machine with `fingerprint`, which " +
    "takes a seat if it has none, or without one for the machine with this id, which holds a seat.",
  answers: {
    403: "The license, saying why there is no lease.",
    409: "The license, saying why there is no lease.",
    422: "The license, saying that this is no fingerprint.",
    429: "The license, saying that leases were asked for too often.",
  },
  leadsTo: "The page to sign in.",
  refusals: [...FORM_REFUSALS, "LICENSE_NOT_FOUND"],
});

const route = createRoute({
  ...docs,
  method: "post",
  path: "/account/licenses/{id}/lease",
  middleware: SIGNED_IN_FORM,
  request: { params: LicenseParams, body: formBody({ machine: "", fingerprint: "9f86d081884c7d65" }) },
  responses: {
    200: {
      description: "The token, as a file.",
      content: { "application/jwt": { schema: z.string().openapi({ example: "eyJhbGciOiJFZERTQSJ9.eyJ..." }) } },
    },
    ...docs.responses,
  },
});

const noFingerprint: Refusal = {
  code: "VALIDATION_FAILED",
  detail: "A fingerprint has 1 to 256 characters. Please check it.",
};

/** Registers `POST /account/licenses/{id}/lease`. */
export function registerLease(router: OpenAPIHono<CustomerEnv>): void {
  router.openapi(route, async (c) => {
    const { machine: machineId = "", fingerprint: sent = "" } = c.req.valid("form");
    const license = await requireOwnLicense(c.env.DB, c.var.session.by, c.req.valid("param").id);
    const again = (refusal: Refusal) =>
      answerWithLicense(c, license, { leaseFault: { machine: machineId, fingerprint: sent, refusal } });
    const fingerprint = Fingerprint.safeParse(sent);
    // What was typed counts before what is selected from the beginning: a lease for the wrong machine cannot be taken back.
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
  });
}
