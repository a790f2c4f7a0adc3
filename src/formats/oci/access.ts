import { type Asker, askerOf } from "../../domain/delivery/authorization.ts";
import { authorizeDelivery, decideFor } from "../../domain/delivery/authorize.ts";
import { decideOnRecord, readLicenseFacts } from "../../domain/delivery/facts.ts";
import { type DeliveryRefusal, deliveryProblem } from "../../domain/delivery/refusal.ts";
import { refusalOfUse } from "../../domain/licensing/refusal.ts";
import type { Worker } from "../../domain/workers/workers.ts";
import { err, ok } from "../../lib/result.ts";
import { credentialOf } from "../../platform/http/credential.ts";
import { PROBLEMS, Problem, type Refusal } from "../../platform/http/problem.ts";
import type { ReadScope, RequestScope } from "../../platform/http/router.ts";
import { settle } from "../../platform/storage/settle.ts";
import { ARCHITECTURES } from "./names.ts";
import type { Repository, VersionImages } from "./repository.ts";
import { askerOfToken, looksLikeRegistryToken, openToken, type RegistryToken, registrySecret } from "./token.ts";

/** The client behind a request. `asker` is null if it is anonymous; `unseated` is as in `RegistryToken`. */
export type Visitor = { asker: Asker | null; unseated: RegistryToken["unseated"] };

/** The registry token of a request; null if it sends none. Throws TOKEN_INVALID and TOKEN_EXPIRED. */
export async function registryTokenOf(c: ReadScope): Promise<RegistryToken | null> {
  const secret = credentialOf(c.req.raw.headers)?.secret ?? "";
  if (!looksLikeRegistryToken(secret)) return null;
  const token = await openToken(secret, await registrySecret(c.var.config), c.var.now);
  if (!token.ok) throw new Problem(token.error);
  if (token.value.holder) c.var.subject.licenseId = token.value.holder.licenseId;
  return token.value;
}

/**
 * The client that asks for something of a worker: the holder of a registry token for its repository, or of a key or
 * license token that is sent directly. A free worker has no other visitors than anonymous ones. Throws
 * CREDENTIAL_REQUIRED if a premium worker's visitor is anonymous, and the problem of a credential that is not genuine.
 */
export async function visitorOf(c: ReadScope, worker: Worker): Promise<Visitor> {
  const { subject, config } = c.var;
  subject.workerId = worker.id;
  subject.isDownload = true;
  if (worker.tier === "free") return { asker: await askerOf(c, worker), unseated: null };
  const token = await registryTokenOf(c);
  const isForIt = token?.workers.includes(worker.id) ?? false;
  const asker = token ? isForIt && askerOfToken(token) : await askerOf(c, worker);
  if (asker) return { asker, unseated: token?.unseated ?? null };
  throw new Problem({
    code: "CREDENTIAL_REQUIRED",
    detail: `${worker.id} needs a license. Log in with the machine's name as user and the license key as password.`,
    extras: { purchase_url: config.PURCHASE_URL },
  });
}

/** The file whose delivery decides on all images of a version. */
const wantedOf = ({ release, images: [{ layer }] }: VersionImages) =>
  ({ version: release.version, channel: "stable", file: { filename: layer.stored } }) as const;

/** Decides on a version, which may be yanked. Throws the problem of a refusal. */
export async function authorizeVersion(
  c: RequestScope,
  { worker }: Pick<Repository, "worker">,
  version: VersionImages,
  { asker, unseated }: Visitor,
): Promise<void> {
  try {
    await authorizeDelivery(c, worker, wantedOf(version), asker);
  } catch (error) {
    throw explained(error, unseated);
  }
}

/** A missing seat is explained by the reason for which the token endpoint gave none. */
const explained = (error: unknown, unseated: Visitor["unseated"]): unknown =>
  unseated && error instanceof Problem && error.code === "MACHINE_DEACTIVATED" ? new Problem(unseated) : error;

/** The refusals of one version that say nothing about others. Every other refusal is of the whole repository. */
const OF_VERSION: ReadonlySet<string> = new Set<DeliveryRefusal["code"]>(["VERSION_NOT_COVERED", "RELEASE_BLOCKED"]);

/** Whether an error is the refusal of one version, after which the visitor may have another one. */
export const isOfVersion = (error: unknown): error is Problem => error instanceof Problem && OF_VERSION.has(error.code);

/**
 * The published versions that a visitor may have, newest first, for tags. Yanked ones have none. Throws the problem of
 * a refused license.
 */
export async function offeredVersions(
  c: RequestScope,
  { worker, versions }: Repository,
  { asker, unseated }: Visitor,
): Promise<VersionImages[]> {
  const offered: VersionImages[] = [];
  // Sequential, because the first decision may activate the machine for the others.
  for (const version of versions.filter(({ release }) => release.status === "published")) {
    const { decision, changes } = await decideFor(c, worker, wantedOf(version), asker);
    await settle(c, changes);
    if (decision.ok) offered.push(version);
    else if (!OF_VERSION.has(decision.error.code)) {
      throw explained(deliveryProblem(decision.error, c.var.config), unseated);
    }
  }
  return offered;
}

/** A seated machine under the name by which its license knows it, or the refusal of a seat. */
export type Seat = { machine: string; refusal: null } | { machine: null; refusal: Refusal };

/**
 * Gives the machine of a key a seat for pulls of a worker, as a download by key does, if the license covers any version
 * of it. Throws RATE_LIMITED and outages.
 */
export async function seatFor(c: RequestScope, worker: Worker, asker: Asker): Promise<Seat> {
  let refusal: Refusal | null = null;
  for (const platform of Object.values(ARCHITECTURES)) {
    try {
      // The widest channel: any version that the license covers is a reason for a seat.
      const wanted = { version: "latest", channel: "alpha", file: { platform } } as const;
      const { decision, changes } = await decideFor(c, worker, wanted, asker);
      await settle(c, changes);
      if (decision.ok) return { machine: decision.value.machine ?? asker.machine, refusal: null };
      refusal ??= deliveryProblem(decision.error, c.var.config);
    } catch (error) {
      if (!(error instanceof Problem) || ![403, 409].includes(PROBLEMS[error.code].status)) throw error;
      return { machine: null, refusal: error };
    }
  }
  return refusal ? { machine: null, refusal } : { machine: asker.machine, refusal: null };
}

/** Checks that a license is in force and its key current, without a seat. Throws the problem if it is not. */
export async function requireStanding(
  c: ReadScope,
  { licenseId, generation, issuedAt }: Pick<Asker, "licenseId" | "generation" | "issuedAt">,
): Promise<void> {
  const record = await readLicenseFacts(c, licenseId);
  const { decision } = await decideOnRecord(c, record, { generation, issuedAt }, (current) => {
    const refusal = refusalOfUse(current, generation, c.var.now);
    return refusal ? err(refusal) : ok(null);
  });
  if (!decision.ok) throw deliveryProblem(decision.error, c.var.config);
}
