import { Problem } from "../../platform/http/problem.ts";
import type { AppContext } from "../../platform/http/router.ts";
import type { Worker } from "../workers/workers.ts";
import { authorizeDelivery } from "./authorization.ts";
import { parseFilename, signatureOf } from "./file-signature.ts";
import { fileUrl, linkTo, signatureUrl } from "./link/making.ts";
import { askerOf, setPrivate } from "./routes/request.ts";

/**
 * The signed URL of a worker's file, or of a signature of it, by name, for whoever asks for it; the answer is marked as theirs.
 * `version` is exact or `latest`. Throws the problem of a refusal, and ARTIFACT_NOT_FOUND for a signature that there is not.
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

/** The refusal for a signature that a file does not have. */
export const noSignature = (): Problem =>
  new Problem({ code: "ARTIFACT_NOT_FOUND", detail: "This file has no such signature." });
