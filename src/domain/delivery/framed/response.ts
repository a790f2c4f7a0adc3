import { newId } from "../../../lib/id.ts";
import { type AppContext, Problem } from "../../../platform/http/route.ts";
import type { FramedFile } from "../../releases/framing/framing.ts";
import { partsOf, readFramed } from "../../releases/framing/stream.ts";
import type { Worker } from "../../workers/workers.ts";
import { type Asker, laterDecision } from "../authorization.ts";
import { authorizeDelivery } from "../authorize.ts";
import { fileResponse, readObject } from "../file-response.ts";
import type { Part } from "../guarded-stream.ts";
import { countDownload, type Link, logCut } from "../link.ts";
import { IMMUTABLE } from "../public-file.ts";
import { deliveryProblem } from "../refusal.ts";
import { readFramedFiles } from "./listing.ts";

/**
 * A framed file by its name, or by its SHA-256 in hexadecimal and, if several versions have equal files, its version.
 * `format` is the name of a `Framing`.
 */
export type WantedFramed = { format: string } & ({ filename: string } | { sha256: string; version?: string });

/** The headers of an answer with a framed file. */
export type FramedAnswer = {
  /** Default: `application/octet-stream`. */
  contentType?: string;
  /** Other headers of the format. */
  headers?: Readonly<Record<string, string>>;
};

/**
 * What caches may do with a free file under its name. Its bytes may become others with another build of the version,
 * and a withdrawn file must not outlive the stated bound.
 */
const BY_NAME = "public, max-age=30";

/**
 * Answers a GET or HEAD for a framed file of a worker, with Range and conditions as `fileResponse` does. Any version is
 * delivered that is not blocked and that `asker` may have, also a yanked one. It decides on the version before it reads
 * bytes, and again while they run. It gives the machine of a key a seat, and counts the download. Reads KV at most
 * once, and the ledger only for a record that the edge copy lacks. Throws the problem of a refusal, and
 * ARTIFACT_NOT_FOUND if the worker has no such file.
 */
export async function framedResponse(
  c: AppContext,
  worker: Worker,
  wanted: WantedFramed,
  asker: Asker | null,
  { contentType = "application/octet-stream", headers = {} }: FramedAnswer = {},
): Promise<Response> {
  // Before any read, because nobody needs a credential to ask for names.
  if (worker.tier === "premium" && !asker) {
    throw deliveryProblem({ code: "CREDENTIAL_REQUIRED", worker: worker.id }, c.var.config);
  }
  const framed = await findFramed(c, worker, wanted, asker);
  const { version, filename, size, sha256, stored } = framed;
  const file = { version, channel: "stable", file: { filename: stored } } as const;
  const { release, artifact, machine } = await authorizeDelivery(c, worker, file, asker);
  const delivery = { release, artifact: { ...artifact, filename, size, sha256 }, machine };
  const open = (key: string, range: Part) => readObject(c.env.BINARIES, key, range);
  const link = linkOf(c, worker, version, filename, asker, machine);
  const { response, startsHere } = await fileResponse(c.req.raw, delivery, {
    read: (part) => readFramed(open, framed, artifact.object_key, part),
    split: (part) => partsOf(framed, part),
    decide: laterDecision(c, worker, file, asker),
    onEnd: (end) => c.executionCtx.waitUntil(end.then((how) => logCut(how, link, c.var.requestId))),
    contentType,
    ...cachingOf(worker, wanted),
  });
  if (startsHere) countDownload(c, link, delivery);
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  if (worker.tier === "premium") response.headers.set("Vary", "Authorization, Rbee-Machine");
  return response;
}

/** Whether caches may keep the answer: never a premium file. An address by checksum never has other bytes. */
const cachingOf = ({ tier }: Worker, wanted: WantedFramed): { cacheControl?: string } => {
  if (tier === "premium") return {};
  return { cacheControl: "sha256" in wanted ? IMMUTABLE : BY_NAME };
};

/**
 * The wanted file of a worker. It decides nothing. All records of the decision for `asker` come into the isolate with
 * it, by one operation. Throws ARTIFACT_NOT_FOUND if the worker has no such file.
 */
export async function findFramed(
  c: AppContext,
  worker: Worker,
  wanted: WantedFramed,
  asker: Asker | null,
): Promise<FramedFile> {
  const files = await readFramedFiles(c, worker, wanted.format, asker);
  const named = files.find((file) =>
    "sha256" in wanted
      ? file.sha256 === wanted.sha256 && file.version === (wanted.version ?? file.version)
      : file.filename === wanted.filename,
  );
  if (named) return named;
  throw new Problem({ code: "ARTIFACT_NOT_FOUND", detail: `${worker.id} has no such file.` });
}

/** The link that a download is counted and logged by. Nobody gets it. */
const linkOf = (
  c: AppContext,
  worker: Worker,
  version: string,
  filename: string,
  asker: Asker | null,
  machine: string | null,
): Link => ({
  id: newId("dl"),
  issuedAt: c.var.now,
  workerId: worker.id,
  version,
  filename,
  holder: asker && { licenseId: asker.licenseId, machine: machine ?? asker.machine, generation: asker.generation },
});
