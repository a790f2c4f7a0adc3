import { currentTime } from "../../../lib/time.ts";
import { type AppEnv, createRoute, type OpenAPIHono, Problem, problems, z } from "../../../platform/http/route.ts";
import { EXAMPLE_LICENSE_KEY, LicenseView, licenseView } from "../../licensing/license-view.ts";
import { viewSession } from "../session-view.ts";

const CheckoutStatus = z
  .object({
    status: z.enum(["pending", "complete", "failed"]),
    license: LicenseView.optional().openapi({ description: "Only with the cookie, as the key." }),
    key: z.string().optional().openapi({
      description:
        "Only with the cookie that `POST /v1/checkout` set, and until it is replaced; it is mailed in any case.",
      example: EXAMPLE_LICENSE_KEY,
    }),
    masked_key: z.string().optional().openapi({ example: "rbee_lic_0DJ5…A3CF" }),
  })
  .openapi("CheckoutStatus");

const route = createRoute({
  method: "get",
  path: "/v1/checkout/{session_id}",
  tags: ["Purchase"],
  summary: "What became of a checkout",
  description:
    "Issues the license itself if the payment provider's own message is late. Past 30 looks a minute at a checkout that has no " +
    "license yet, the answer is `pending` until that message comes. Without the buyer's cookie, a license is not described.",
  security: [],
  request: {
    params: z.object({
      session_id: z.string().openapi({ description: "The session, by Stripe's id.", example: "cs_live_a1B2" }),
    }),
  },
  responses: {
    200: { description: "Its status.", content: { "application/json": { schema: CheckoutStatus } } },
    ...problems("NOT_FOUND", "SERVICE_UNAVAILABLE"),
  },
});

/** Registers `GET /v1/checkout/{session_id}`. */
export function registerSession(router: OpenAPIHono<AppEnv>): void {
  router.openapi(route, async (c) => {
    const view = await viewSession(c, c.req.valid("param").session_id);
    if (!view) throw new Problem({ code: "NOT_FOUND", detail: "There is no such checkout." });
    c.header("Cache-Control", "no-store");
    if (view.status !== "complete") return c.json({ status: view.status }, 200);
    const { license, key, maskedKey } = view;
    const forBuyer = key === null ? {} : { license: licenseView(license, currentTime()), key };
    return c.json({ status: view.status, ...forBuyer, masked_key: maskedKey }, 200);
  });
}
