import { ok, type Result } from "../../lib/result.ts";
import { createRouter, forApi, LICENSE_SECURITY, operation, Problem, z } from "../../platform/http/route.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { publishedManifests } from "../catalog/published-workers.ts";
import { hasSeat } from "../delivery/decision.ts";
import { decideOnRecord, readLicenseFacts } from "../delivery/facts.ts";
import { indexedWorker } from "../delivery/index/signed-index.ts";
import type { DeliveryRefusal } from "../delivery/refusal.ts";
import { explainDelivery } from "../delivery/refusal.ts";
import { CREDENTIAL_PROBLEMS, type RequestHolder, readHolder } from "../licensing/holder.ts";
import type { LicenseRecord } from "../licensing/license/record.ts";
import { licenseProblem, refusalOfUse } from "../licensing/refusal.ts";
import { CHANNELS } from "../releases/manifest.ts";
import { workers } from "../workers/workers.ts";
import { type CatalogWorker, catalogWorker } from "./catalog.ts";
import { choose, workersNamed } from "./choose.ts";
import type { LicenseView } from "./license.ts";
import { machineOf, machineSchema } from "./machine.ts";

const Body = z
  .object({
    worker: z.string().max(200).nullish().openapi({
      description: "An id, a variant or a family. Default: every worker that generates text.",
      example: "llm-worker-rbee",
    }),
    version: z.string().max(64).nullish().openapi({
      description: "An exact version of `worker`; null or `latest`: the newest one.",
      example: null,
    }),
    channel: z.enum(CHANNELS).nullish().openapi({ description: "Default: `stable`.", example: "stable" }),
    machine: forApi(machineSchema()).openapi("HiveMachine", {
      description: "A member that is absent or null is unknown, and never guessed. Unknown members are ignored.",
      example: { platform: "linux-x86_64", gpus: [] },
    }),
  })
  .refine(({ version, worker }) => !version || worker, { path: ["version"], message: "Name the worker as well." })
  .openapi("ResolveRequest");

const Answer = z
  .object({
    choice: z
      .object({ worker_id: z.string(), version: z.string(), platform: z.string(), filename: z.string() })
      .nullable()
      .openapi({ description: "Null if no build fits." }),
    why: z.string().openapi({ description: "Sentences for a person." }),
    untried: z.array(z.string()).openapi({
      description:
        "The facts that the choice needs and `machine` does not state. Empty: the choice is known to fit. A choice with such facts is " +
        "only made if no other build fits.",
    }),
    ruled_out: z
      .array(
        z.object({
          worker_id: z.string(),
          version: z.string().nullable(),
          filename: z.string().nullable().openapi({ description: "Null: the whole worker." }),
          code: z.string().openapi({
            description:
              "`WRONG_PLATFORM`, `WRONG_BACKEND`, `DRIVER_TOO_OLD`, `DRIVER_TOO_NEW`, `GPU_NOT_SUPPORTED`, `ROCM_TOO_OLD`, `ROCM_TOO_NEW`, " +
              "`LIBC_MISMATCH`, `LIBC_TOO_OLD`, `USERLAND_32_BIT`, `CPU_FEATURE_MISSING`, `NOT_ENOUGH_MEMORY`, `UNTRIED`, `NOT_RELEASED`, " +
              "`VERSION_NOT_FOUND`, `RELEASE_BLOCKED`, `LICENSE_REQUIRED`, `NOT_ENTITLED`, `VERSION_NOT_COVERED`, `NOT_PREFERRED`, or the " +
              "code of a license that is not in force.",
          }),
          detail: z.string().openapi({ description: "A sentence for a person." }),
        }),
      )
      .openapi({ description: "Each other worker and build, and what it lacked." }),
  })
  .openapi("Resolution");

const EXAMPLE = {
  choice: {
    ...{ worker_id: "llm-worker-rbee-premium-cuda", version: "1.10.0", platform: "linux-x86_64" },
    filename: "llm-worker-rbee-premium-cuda-cuda12-linux-x86_64",
  },
  why: "llm-worker-rbee-premium-cuda 1.10.0 fits this machine: it needs CUDA 12.4 (a driver for CUDA 12 or newer).",
  untried: [],
  ruled_out: [
    {
      ...{ worker_id: "llm-worker-rbee-premium-cuda", version: "1.10.0" },
      ...{ filename: "llm-worker-rbee-premium-cuda-cuda13-linux-x86_64", code: "DRIVER_TOO_OLD" },
      detail: "Driver 535.183.01 is too old for CUDA 13.0, which needs driver 580 or newer; the CUDA 12.4 build fits.",
    },
  ],
} satisfies z.input<typeof Answer>;

/** `POST /v1/workers/resolve`: the build for a machine. */
export const resolutionRoutes = createRouter();

resolutionRoutes.openapi(
  operation("post", "/v1/workers/resolve", {
    tag: "Delivery",
    summary: "Choose the build for a machine",
    description:
      "The worker, version and file that run on a machine, why, and what each other one lacked. It takes no seat and changes nothing. " +
      "With a license key or token, the license decides about premium workers. A license that is not in force is told in `ruled_out`.",
    access: { security: [{}, ...LICENSE_SECURITY] },
    body: Body,
    answers: { 200: ["The choice.", Answer, EXAMPLE] },
    refusals: [...CREDENTIAL_PROBLEMS, "WORKER_NOT_FOUND", "SERVICE_UNAVAILABLE"],
  }),
  async (c) => {
    const { machine: described, ...asked } = c.req.valid("json");
    const machine = machineOf(described);
    if (!machine.ok) {
      const { path, message } = machine.error;
      const errors = [{ path: `machine.${path}`, message }];
      throw new Problem({ code: "VALIDATION_FAILED", detail: message, extras: { errors } });
    }
    const catalog = await readCatalog(c.env, c.var.now);
    const scope = asked.worker ? workersNamed(catalog, asked.worker) : catalog;
    if (scope.length === 0) {
      const detail = "The catalog has no such worker. See /workers for all of them.";
      throw new Problem({ code: "WORKER_NOT_FOUND", detail });
    }
    // As for a download, the credential of a request for free workers alone is not looked at.
    const holder = scope.some(({ tier }) => tier !== "free") ? await readHolder(c) : null;
    const license = holder && (await licenseOf(c, holder));
    c.header("Cache-Control", "private, no-store");
    c.header("Vary", "Authorization, Rbee-Machine", { append: true });
    return c.json(choose(machine.value, catalog, license, asked), 200);
  },
);

/** Every worker with its releases, from the records of the list. Throws SERVICE_UNAVAILABLE if none can be read. */
async function readCatalog(env: Env, now: number): Promise<CatalogWorker[]> {
  const manifests = await publishedManifests(env, now);
  if (!manifests) throw new Problem({ code: "SERVICE_UNAVAILABLE", detail: "We cannot read the releases now." });
  return workers.map((worker, at) => catalogWorker(worker.id, indexedWorker(worker), manifests[at]?.releases ?? []));
}

/**
 * The license of a holder, by its record in the edge copy. Throws KEY_ROTATED, because the credential itself is bad,
 * and KEY_INVALID for a license that no longer exists.
 */
async function licenseOf(c: RequestScope, holder: RequestHolder): Promise<LicenseView> {
  const { now, config } = c.var;
  const issuedAt = holder.kind === "token" ? holder.issuedAt : null;
  const credential = { generation: holder.generation, issuedAt };
  const decide = (license: LicenseRecord): Result<null, DeliveryRefusal> => {
    const refusal = refusalOfUse(license, holder.generation, now);
    if (refusal) return { ok: false, error: refusal };
    // A machine that comes with its key may take a seat when it downloads.
    const isSeated =
      holder.kind === "key" || hasSeat({ ...holder, license, tokenMadeAt: issuedAt, mayActivate: false }, now);
    return isSeated ? ok(null) : { ok: false, error: { code: "MACHINE_DEACTIVATED" } };
  };
  const { decision, record } = await decideOnRecord(c, await readLicenseFacts(c, holder.licenseId), credential, decide);
  if (!decision.ok && decision.error.code === "KEY_ROTATED") throw licenseProblem({ code: "KEY_ROTATED" }, config);
  const { entitlements, versions, updates_until } = record;
  if (decision.ok) return { entitlements, versions, updates_until, refusal: null };
  const { code, detail } = explainDelivery(decision.error, config);
  return { entitlements, versions, updates_until, refusal: { code, detail } };
}
