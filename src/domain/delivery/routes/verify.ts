import validVersion from "semver/functions/valid.js";
import { cleanSecret } from "../../../lib/credential.ts";
import { toRfc3339 } from "../../../lib/time.ts";
import { countVerification } from "../../../platform/http/rate-limit.ts";
import { ANYONE, type AppContext, createRouter, operation, Timestamp, z } from "../../../platform/http/route.ts";
import { patientEnv } from "../../../platform/storage/patient-ledger.ts";
import { readLicense } from "../../licensing/license/store.ts";
import { fingerprintHashes, fingerprintSchema } from "../../licensing/machine/fingerprint.ts";
import { licensingSecrets } from "../../licensing/secrets.ts";
import { acceptedUntil } from "../../licensing/token/key-proof.ts";
import { verifyLicenseToken } from "../../licensing/token/token.ts";
import { findWorker, workers } from "../../workers/workers.ts";
import { readDeliveryFacts } from "../facts.ts";
import { entitledWorkers, explainVerdict, type NamedWorker, type VerdictRefusal, verdictOf } from "../verdict.ts";

const Body = z
  .object({
    token: z.string().openapi({ example: "eyJhbGciOiJFZERTQSIsInR5cCI6InJiZWUtbGljZW5zZStqd3QifQ.eyJ..." }),
    worker_id: z.string().max(100).nullish().openapi({ example: "llm-worker-rbee-premium-cuda" }),
    version: z
      .string()
      .max(64)
      .refine((version) => validVersion(version) !== null, "must be a semver version")
      .nullish()
      .openapi({ example: "1.2.0" }),
    fingerprint: fingerprintSchema().nullish().openapi({ example: "9f86d081884c7d65" }),
    nonce: z.string().max(200).nullish().openapi({
      description: "Returned unchanged, so that nobody can replay an old answer.",
      example: "b7f1c2",
    }),
  })
  .openapi("Verification");

const VerdictView = z
  .object({
    valid: z.boolean(),
    code: z.string().openapi({ description: "`VALID`, or the code that a download would be refused with." }),
    detail: z.string(),
    license_id: z.string().optional(),
    worker_ids: z.array(z.string()).openapi({ description: "The workers that this license opens." }),
    expires_at: Timestamp.nullable().openapi({ description: "When the token expires." }),
    server_time: Timestamp,
    nonce: z.string().nullable(),
  })
  .openapi("Verdict");

/** `POST /v1/licenses/verify`. */
export const verify = createRouter();

/** It does not wait long for the ledger. */
verify.use("/v1/licenses/verify", async (c, next) => {
  c.env = patientEnv(c.env);
  await next();
});

/** The worker that a body names, with its releases; null if it names none. */
async function namedWorker(c: AppContext, id: string | null): Promise<NamedWorker | null> {
  if (id === null) return null;
  const worker = findWorker(id);
  return worker ? { ...worker, manifest: (await readDeliveryFacts(c, worker.id, null)).manifest } : "unknown";
}

verify.openapi(
  operation("post", "/v1/licenses/verify", {
    tag: "Licensing",
    summary: "Verify a token",
    description:
      "Checks a token against the ledger, and, if asked, for a worker, a version and a machine. A worker with a version is " +
      "answered as a download of it: withdrawn, never published and uncovered versions are refused. It takes " +
      "no credential, because the token is in the body. Always 200 for a well-formed body.",
    access: ANYONE,
    body: Body,
    answers: {
      200: [
        "The verdict.",
        VerdictView,
        {
          valid: true,
          code: "VALID",
          detail: "The token is valid.",
          license_id: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8",
          worker_ids: ["llm-worker-rbee-premium-cpu"],
          expires_at: "2026-11-24T12:00:00Z",
          server_time: "2026-11-23T12:00:00Z",
          nonce: "b7f1c2",
        },
      ],
    },
    refusals: ["RATE_LIMITED"],
  }),
  async (c) => {
    const { token, worker_id = null, version = null, fingerprint = null, nonce = null } = c.req.valid("json");
    const { config, now } = c.var;
    const { keyring, keyId } = await licensingSecrets(config);
    const claims = await verifyLicenseToken(cleanSecret(token), { keyring, issuer: config.PUBLIC_URL, now });
    const holder = claims.ok
      ? {
          licenseId: claims.value.sub,
          generation: claims.value.gen,
          machine: claims.value.machine,
          issuedAt: claims.value.iat,
        }
      : null;
    await countVerification(c.env, c.req.raw, holder);
    const license = holder && (await readLicense(c.env.DB, holder.licenseId));
    let refusal: VerdictRefusal | null = { code: "TOKEN_INVALID", why: "gone" };
    if (!claims.ok) refusal = claims.error;
    else if (now >= (acceptedUntil(claims.value, keyId) ?? now + 1)) refusal = { code: "KEY_REQUIRED", why: "secret" };
    else if (license && holder) {
      const wanted = {
        worker: await namedWorker(c, worker_id),
        version,
        machine: fingerprint === null ? null : await fingerprintHashes(license.id, fingerprint),
      };
      refusal = verdictOf(license, holder, wanted, now);
    }
    const verdict = explainVerdict(refusal, config);
    c.header("Cache-Control", "no-store");
    return c.json(
      {
        ...verdict,
        ...(license ? { license_id: license.id } : {}),
        worker_ids: verdict.valid && license ? entitledWorkers(license, workers) : [],
        expires_at: claims.ok ? toRfc3339(claims.value.exp) : null,
        server_time: toRfc3339(now),
        nonce,
      },
      200,
    );
  },
);
