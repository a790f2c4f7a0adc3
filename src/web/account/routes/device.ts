import { formatUserCode, hashOfCode, parseUserCode } from "../../../domain/licensing/device/codes.ts";
import { type DeviceLogin, isOpen } from "../../../domain/licensing/device/decision.ts";
import { approveDeviceLogin, declineDeviceLogin, findDeviceLogin } from "../../../domain/licensing/device/store.ts";
import { licensingSecrets } from "../../../domain/licensing/secrets.ts";
import { countDeviceCode } from "../../../platform/http/rate-limit.ts";
import { type Refusal, z } from "../../../platform/http/route.ts";
import type { CustomerContext } from "../../../platform/identity/session/guard.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { formBody } from "../../page/kit.ts";
import { accountForm, accountRouter, accountView } from "../frame.tsx";
import { approvePage, codePage, decidedPage } from "../pages/device-page.tsx";
import { listOwnLicenses, requireOwnLicense } from "../store.ts";

const unknownCode: Refusal = {
  code: "DEVICE_CODE_EXPIRED",
  detail:
    "This code isn't valid. Codes work once, for 10 minutes. Compare it with your terminal, or run the command again.",
};

/** `GET` and `POST /account/device`: a signed-in person approves a machine's login by its code (RFC 8628, 3.3). */
export const device = accountRouter();

device.openapi(
  accountView("/account/device", {
    request: {
      query: z.object({
        code: z.string().max(100).optional().openapi({
          description: "The code that the machine shows.",
          example: "WDJB-MJHT",
        }),
        done: z.string().optional().openapi({ description: "The act that the page confirms.", example: "approved" }),
      }),
    },
    summary: "Approve the login of a machine, as a page",
    answers: {
      200: "The field for the code, or the question whether to approve it.",
      400: "The field again, because the code is not valid.",
    },
    refusals: ["RATE_LIMITED"],
  }),
  async (c) => {
    const { code: sent = "", done } = c.req.valid("query");
    const { session: visitor } = c.var;
    if (done === "approved" || done === "declined") return decidedPage({ visitor, done });
    if (sent.trim() === "") return codePage({ visitor });
    const login = await openLogin(c, sent);
    if (login === null) return codePage({ visitor, fault: { sent, refusal: unknownCode } });
    const licenses = await listOwnLicenses(c.env.DB, visitor.by);
    return approvePage({ visitor, login, code: formatUserCode(parseUserCode(sent) ?? ""), licenses, now: c.var.now });
  },
);

device.openapi(
  accountForm("/account/device", {
    request: {
      body: formBody({ code: "WDJB-MJHT", license: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8", decision: "approve" }),
    },
    summary: "Approve or decline the login of a machine",
    description:
      "With `decision=approve` the machine gets the key of this license. Any other decision declines the login.",
    answers: { 400: "The field for the code, because the code is not valid any more." },
    leadsTo: "The page that confirms the decision.",
    refusals: ["LICENSE_NOT_FOUND", "RATE_LIMITED"],
  }),
  async (c) => {
    const { code: sent = "", license: id = "", decision } = c.req.valid("form");
    const { session: visitor } = c.var;
    const again = () => codePage({ visitor, fault: { sent, refusal: unknownCode } });
    const login = await openLogin(c, sent);
    if (login === null) return again();
    if (decision !== "approve") {
      await declineDeviceLogin(c.env.DB, login.id);
      return c.redirect("/account/device?done=declined", 303);
    }
    const own = await requireOwnLicense(c.env.DB, visitor.by, id);
    const approved = await approveDeviceLogin(c.env.DB, login, own, actorOf(c, `account:${own.id}`));
    return approved ? c.redirect("/account/device?done=approved", 303) : again();
  },
);

/** The login that a person can still decide about by this code, or null. Throws RATE_LIMITED. */
async function openLogin(c: CustomerContext, sent: string): Promise<DeviceLogin | null> {
  const { kind, subject } = c.var.session.by;
  await countDeviceCode(c.env, `${kind} ${subject}`);
  const code = parseUserCode(sent);
  if (code === null) return null;
  const { keySecret } = await licensingSecrets(c.var.config);
  const login = await findDeviceLogin(c.env.DB, "user_hash", await hashOfCode("user", code, keySecret));
  return login !== null && isOpen(login, c.var.now) ? login : null;
}
