import { type AppContext, Problem } from "../../../platform/http/route.ts";
import { settle } from "../../../platform/storage/settle.ts";
import type { Worker } from "../../workers/workers.ts";
import { type Asker, askerOf, decideFor, setPrivate } from "../authorization.ts";
import type { Delivery, Wanted } from "../decision.ts";
import { fileUrl, linkTo, parseFilename, signatureOf, signatureUrl } from "../link.ts";
import { deliveryProblem } from "../refusal.ts";

/** Decides on a file (`decideFor`) and settles the changes. Throws the problem of a refusal. */
export async function authorizeDelivery(
  c: AppContext,
  worker: Worker,
  wanted: Wanted,
  asker: Asker | null,
): Promise<Delivery> {
  const { decision, changes } = await decideFor(c, worker, wanted, asker);
  await settle(c, changes);
  if (!decision.ok) throw deliveryProblem(decision.error, c.var.config);
  c.var.subject.version = decision.value.release.version;
  return decision.value;
}

/**
 * The signed URL of a worker's file, or of a signature of the file, by name. Marks the answer as the asker's own.
 * `version` is exact or `latest`. Throws the problem of a refusal, and ARTIFACT_NOT_FOUND if the file has no such
 * signature.
 */
export async function addressOfFile(c: AppContext, worker: Worker, version: string, name: string): Promise<string> {
  const asker = await askerOf(c, worker);
  const { filename, signature } = parseFilename(name);
  const delivery = await authorizeDelivery(c, worker, { version, channel: "stable", file: { filename } }, asker);
  if (signature !== null && signatureOf(delivery.artifact, signature) === null) throw noSignature();
  const sealed = await linkTo(c, worker, delivery, asker);
  setPrivate(c, worker);
  return signature === null ? fileUrl(c, sealed, delivery) : signatureUrl(c, sealed, signature);
}

/** The refusal if a file has no such signature. */
export const noSignature = (): Problem =>
  new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "This file has no such signature." });
