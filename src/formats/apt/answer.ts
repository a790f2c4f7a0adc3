import type { UnixSeconds } from "../../lib/time.ts";
import { type AppContext, etagOf, namesEtag } from "../../platform/http/route.ts";
import { REPOSITORIES, type RepositoryName } from "./repository.ts";

/** What caches may do with a list under its SHA-256: it never has other bytes. */
const IMMUTABLE = "max-age=31536000, immutable";

/** The type of a file of a suite, and its date; null for a file that is named by its checksum. */
export type SuiteFile = { type: string; date: UnixSeconds | null };

/**
 * The answer to a GET or HEAD for a file of a suite: 200, or 304 to a client that has it (RFC 9110, section 13). The
 * date decides for the free repository only. Two licenses may see different lists of the same date, so a machine with
 * another license than before always gets the premium file.
 */
export function suiteAnswer(
  { req }: Pick<AppContext, "req">,
  repository: RepositoryName,
  bytes: Uint8Array<ArrayBuffer>,
  { type, date }: SuiteFile,
): Response {
  const isFree = REPOSITORIES[repository] === "free";
  const etag = etagOf(bytes);
  const headers = new Headers({
    "Cache-Control": `${isFree ? "public" : "private"}, ${date === null ? IMMUTABLE : "no-cache"}`,
    ETag: etag,
  });
  if (!isFree) headers.set("Vary", "Authorization, Rbee-Machine");
  if (date !== null) headers.set("Last-Modified", new Date(date * 1000).toUTCString());
  const noneMatch = req.header("If-None-Match") ?? null;
  const since = Date.parse(req.header("If-Modified-Since") ?? "") / 1000;
  const isUnchanged = noneMatch === null ? isFree && date !== null && since >= date : namesEtag(noneMatch, etag);
  if (isUnchanged) return new Response(null, { status: 304, headers });
  headers.set("Content-Type", type);
  headers.set("Content-Length", String(bytes.length));
  return new Response(bytes, { headers });
}
