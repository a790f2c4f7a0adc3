import { z } from "@hono/zod-openapi";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { repositorySources } from "../../domain/catalog/format.ts";
import { ARCHITECTURES, parseSrcinfo, type Srcinfo } from "../../domain/workers/recipe.ts";
import { findWorker, workers } from "../../domain/workers/workers.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import type { RepositoryRecord } from "../git/record.ts";
import { readRepositories } from "../git/repository.ts";

/** The maintainer of every package here, as the AUR names its users. */
export const MAINTAINER = "rbee";

const names = z.array(z.string());

/** A package as aurweb's RPC interface describes it in an answer of type `search` (aurweb, doc/rpc.txt). */
export const AurSummary = z
  .object({
    ID: z.int(),
    Name: z.string().openapi({ example: "llm-worker-rbee-cpu" }),
    PackageBaseID: z.int(),
    PackageBase: z.string(),
    Version: z.string().openapi({ example: "0.1.0-1" }),
    Description: z.string().nullable(),
    URL: z.string().nullable(),
    URLPath: z.string().openapi({ description: "The snapshot, from the host's root." }),
    NumVotes: z.int(),
    Popularity: z.number(),
    OutOfDate: z.int().nullable(),
    Maintainer: z.string().nullable(),
    FirstSubmitted: z.int().openapi({ description: "Seconds since 1970." }),
    LastModified: z.int().openapi({ description: "Seconds since 1970." }),
  })
  .openapi("AurPackageSummary");

/** The same in an answer of type `multiinfo`. */
export const AurPackage = AurSummary.extend({
  Submitter: z.string(),
  Depends: names,
  MakeDepends: names,
  OptDepends: names,
  CheckDepends: names,
  Provides: names,
  Conflicts: names,
  Replaces: names,
  Groups: names,
  License: names,
  Keywords: names,
}).openapi("AurPackage");

export type AurSummary = z.infer<typeof AurSummary>;
export type AurPackage = z.infer<typeof AurPackage>;

/** The package in a repository; null without a `.SRCINFO`. Its dates are those of the first and the last commit. */
export function aurPackage(name: string, { files, first_at, last_at }: RepositoryRecord): AurPackage | null {
  const parsed = parseSrcinfo(files[".SRCINFO"] ?? "");
  if (!parsed.ok) return null;
  const one = (field: string): string | null => parsed.value.get(field)?.[0] ?? null;
  const all = (field: string) => valuesOf(parsed.value, field);
  const worker = findWorker(name);
  return {
    ID: idOf(name),
    Name: name,
    PackageBaseID: idOf(name),
    PackageBase: name,
    Version: `${one("pkgver")}-${one("pkgrel")}`,
    Description: one("pkgdesc"),
    URL: one("url"),
    URLPath: `/cgit/aur.git/snapshot/${name}.tar.gz`,
    NumVotes: 0,
    Popularity: 0,
    OutOfDate: null,
    Maintainer: MAINTAINER,
    FirstSubmitted: first_at,
    LastModified: last_at,
    Submitter: MAINTAINER,
    Depends: all("depends"),
    MakeDepends: all("makedepends"),
    OptDepends: all("optdepends"),
    CheckDepends: all("checkdepends"),
    Provides: all("provides"),
    Conflicts: all("conflicts"),
    Replaces: all("replaces"),
    Groups: all("groups"),
    License: all("license"),
    Keywords: worker ? [...worker.family.tags, worker.backend, worker.tier] : [],
  };
}

/** The values of a field and of its variants for single architectures, each once and sorted, as the AUR lists them. */
const valuesOf = (srcinfo: Srcinfo, field: string): string[] =>
  [
    ...new Set([field, ...ARCHITECTURES.map((name) => `${field}_${name}`)].flatMap((name) => srcinfo.get(name) ?? [])),
  ].sort();

/** A number for a name: the first 31 bits of its SHA-256, so no table of numbers is needed. */
const idOf = (name: string): number => new DataView(sha256(utf8ToBytes(name)).buffer).getUint32(0) >>> 1;

const NAMES = workers.map(({ id }) => id).sort();

/** Every package, sorted by name, as its repository holds it now. Throws the errors of `readRepositories`. */
export async function listPackages({ env, var: { service, now } }: RequestScope): Promise<AurPackage[]> {
  const repositories = await readRepositories(env, repositorySources(service.formats), NAMES, now);
  return [...repositories].flatMap(([name, record]) => aurPackage(name, record) ?? []).sort(byName);
}

const byName = (a: AurPackage, b: AurPackage): number => (a.Name < b.Name ? -1 : 1);
