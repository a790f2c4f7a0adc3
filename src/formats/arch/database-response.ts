import { repositoryAsker, SEND_BASIC } from "../../domain/delivery/authorization.ts";
import { answerConditions } from "../../domain/delivery/file-response.ts";
import { listingDate } from "../../domain/delivery/tier-listing.ts";
import { packageSigner } from "../../domain/releases/framing/package-signer.ts";
import { type AppContext, etagOf, Problem } from "../../platform/http/route.ts";
import { settle } from "../../platform/storage/settle.ts";
import { databaseOf } from "./database.ts";
import type { listingFor } from "./listing.ts";
import type { PacmanArch } from "./platforms.ts";
import { type DatabaseFile, REPOSITORIES, type RepositoryName } from "./repository.ts";

/** A database that is asked for, and the listing of its repository. */
type AskedDatabase = {
  repository: RepositoryName;
  arch: PacmanArch;
  file: DatabaseFile;
  list: typeof listingFor;
};

/**
 * Answers with a database for the asker, or with the OpenPGP signature over it. Both are made anew and always the same
 * for the same packages, so they fit each other without being stored. Throws the problem of a refusal.
 */
export async function answerDatabase(
  c: AppContext,
  { repository, arch, file, list }: AskedDatabase,
): Promise<Response> {
  const tier = REPOSITORIES[repository];
  // pacman sends its credential only after the refusal, which costs no read.
  const asker = await repositoryAsker(c, tier, `${repository} needs a license. ${SEND_BASIC}`);
  const { packages, changedAt } = await list(c, repository, arch, asker, (changes) => settle(c, changes));
  const { now } = c.var;
  const database = await databaseOf(c.env, packages, file.withFiles, now);
  const lastModified = new Date(listingDate(changedAt, now) * 1000).toUTCString();
  const { bytes, etag } = file.isSignature ? await signatureOf(c, database.bytes, changedAt) : database;
  const headers = new Headers({
    "Cache-Control": tier === "free" ? "public, no-cache" : "private, no-cache",
    ETag: etag,
    "Last-Modified": lastModified,
  });
  if (tier === "premium") headers.set("Vary", "Authorization, Rbee-Machine");
  const { status } = answerConditions(c.req.raw, { etag, lastModified, size: bytes.length });
  if (status === 304) return new Response(null, { status, headers });
  headers.set("Content-Type", file.isSignature ? "application/pgp-signature" : "application/gzip");
  headers.set("Content-Length", String(bytes.length));
  return new Response(bytes, { headers });
}

/** One signature by the first key, because pacman refuses a file with a signature by a key that it does not know. */
async function signatureOf(c: AppContext, database: Uint8Array, changedAt: number) {
  const bytes = await (await packageSigner(c.var.config)).signOnce(database, changedAt);
  return { bytes, etag: etagOf(bytes) };
}

/** The refusal of a file that no repository has. */
export const noSuchFile = (): Problem => new Problem({ code: "NOT_FOUND", detail: "The repository has no such file." });
