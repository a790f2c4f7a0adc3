import { toRfc3339 } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { operation, Timestamp, z } from "../../platform/http/route.ts";
import { admin, createAdminRouter } from "../../platform/identity/authentication.ts";
import { CHECK_NAMES } from "./checks.ts";
import { examine } from "./examination.ts";
import { type Finding, STATUSES, summaryOf } from "./finding.ts";
import { ownDeployment } from "./scope.ts";

const DeploymentView = z
  .object({
    name: z
      .string()
      .openapi({ description: "The Worker's name; empty in development.", example: "rbee-worker-catalog" }),
    public_url: z.string().openapi({ example: "https://catalog.rbee.dev" }),
    livemode: z.boolean().openapi({ description: "Whether payments are real.", example: true }),
    mail_domain: z.string().openapi({ description: "The domain that mail comes from.", example: "rbee.dev" }),
  })
  .openapi("Deployment");

const FindingView = z
  .object({
    check: z.enum(CHECK_NAMES).openapi({ description: "The check's name, from docs/doctor.md.", example: "cron" }),
    subject: z.string().nullable().openapi({ description: "The one of several things it is about.", example: null }),
    status: z.enum(STATUSES).openapi({ description: "`unknown`: it could not be checked.", example: "ok" }),
    detail: z.string().openapi({ example: "The cron ran 12 s ago." }),
    remedy: z.string().nullable().openapi({
      description: "The operator's next act; null if all is well.",
      example: null,
    }),
  })
  .openapi("DoctorFinding");

/** The body of `GET /v1/admin/doctor`. `deployment` is null while the configuration is not valid. */
export const DoctorReport = z
  .object({
    at: Timestamp,
    deployment: DeploymentView.nullable(),
    summary: z.record(z.enum(STATUSES), z.int()).openapi({ example: { ok: 24, warning: 1, failed: 0, unknown: 0 } }),
    findings: z.array(FindingView),
  })
  .openapi("DoctorReport");

/** The report of `findings` as the API answers it. */
export const reportView = (findings: readonly Finding[], now: number, config: Config | null) => ({
  at: toRfc3339(now),
  deployment: config && { ...ownDeployment(config), mail_domain: config.MAIL_FROM.email.replace(/^.*@/, "") },
  summary: summaryOf(findings),
  findings: [...findings],
});

/** The admin route of this room. */
export const doctorRoutes = createAdminRouter();

doctorRoutes.openapi(
  operation("get", "/v1/admin/doctor", {
    tag: "Admin: operations",
    summary: "Check everything that must be so for this deployment",
    description:
      "Runs every check inside the Worker: configuration, secrets, stores, cron, keys, mail and Stripe. A check that fails, or " +
      "that cannot run, is a finding and not an error. `rbee-catalog doctor` adds the checks from outside. While the " +
      "configuration is not valid, this is the only operation that answers, with a finding for each faulty variable.",
    access: admin("stats:read"),
    answers: { 200: ["The findings, in the order of docs/doctor.md.", DoctorReport] },
    refusals: [],
  }),
  async (c) => {
    const { config, now } = c.var;
    const asked = new URL(c.req.url).origin;
    return c.json(reportView(await examine({ env: c.env, config, now, asked }), now, config), 200);
  },
);
