import { copyFile } from "node:fs/promises";
import { decodeJwt } from "jose";
import * as z from "zod";
import type { ReleaseIndex } from "../../domain/delivery/index/release-index.ts";
import { type CatalogWorker, catalogWorkerOfIndex } from "../../domain/resolution/catalog.ts";
import { choose } from "../../domain/resolution/choose.ts";
import type { LicenseView } from "../../domain/resolution/license.ts";
import { machineOf } from "../../domain/resolution/machine.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { type CatalogClient, path } from "../catalog-client.ts";
import { CliError, EXIT } from "../errors.ts";
import { digestFile } from "../files.ts";
import { fileOf } from "../mirror.ts";
import type { IndexSource } from "../verify/index-source.ts";
import { checkDownload, type ReleaseKeys } from "./check.ts";
import { download } from "./download.ts";
import { type Installed, placeWorker } from "./install.ts";
import type { LicenseSource } from "./license.ts";
import type { Build, Resolver } from "./resolve.ts";
import type { Activation } from "./state.ts";

const WorkerList = z.looseObject({ workers: z.array(z.looseObject({ id: z.string() })) });

/** The verified indexes of all workers that a mirror has. A worker without an index there is left out. */
export async function readIndexes(client: CatalogClient, indexes: IndexSource): Promise<ReleaseIndex[]> {
  // The list needs no signature: it only selects the indexes to read.
  const { workers } = await client.json(WorkerList, { path: "/workers" });
  const found: ReleaseIndex[] = [];
  for (const { id } of workers) {
    try {
      found.push(await indexes.read(id));
    } catch (error) {
      if (!(error instanceof CliError && error.exitCode === EXIT.notFound)) throw error;
    }
  }
  return found;
}

/** The resolver that chooses from verified indexes, by the catalog's own rule. It asks nobody. */
export function resolveFromIndexes(indexes: readonly ReleaseIndex[], now: UnixSeconds): Resolver {
  const catalog = indexes.map(catalogWorkerOfIndex).filter((worker): worker is CatalogWorker => worker !== null);
  return async ({ worker, version }, body, license) => {
    const machine = machineOf(body);
    if (!machine.ok) throw new CliError(EXIT.usage, `${machine.error.path}: ${machine.error.message}`);
    return choose(machine.value, catalog, license && viewOf(license.credential, now), { worker, version });
  };
}

const Claims = z.object({
  entitlements: z.array(z.string()),
  versions: z.string(),
  updates_until: z.number().nullable(),
  exp: z.number(),
});

/** The license that a token states. Its signature does not matter here: it opens nothing at a mirror. */
function viewOf(token: string, now: UnixSeconds): LicenseView | null {
  const claims = Claims.safeParse(token.includes(".") ? decodeJwt(token) : null);
  if (!claims.success) return null;
  const { exp, ...grant } = claims.data;
  const isOver = exp <= now;
  return { ...grant, refusal: isOver ? { code: "TOKEN_EXPIRED", detail: "The license token has expired." } : null };
}

/** The license of a hive that asks nobody: the token of its activation, as it is. */
export const offlineLicense = (activation: Activation | null): LicenseSource => ({
  current: async () => (activation === null ? null : { credential: activation.token }),
  replaced: async () => null,
});

/**
 * Installs a file of a mirror. Its size, sha256 and signature must be those of the verified index. Throws `CliError`.
 */
export async function installFromMirror(
  client: CatalogClient & { readonly folder?: string },
  indexes: readonly ReleaseIndex[],
  { folder, isElsewhere, keys, ...build }: Build & { folder: string; isElsewhere: boolean; keys: ReleaseKeys },
): Promise<Installed> {
  const { worker } = build;
  const index = indexes.find(({ worker_id }) => worker_id === worker);
  const release = index?.versions.find(({ version }) => version === build.version);
  const file = release?.artifacts.find(({ filename }) => filename === build.filename);
  if (!release || !file) throw new CliError(EXIT.notFound, `The index of ${worker} has no such file.`);
  const { version } = release;
  const { filename, size, sha256, signature } = file;
  if (signature === null) {
    throw new CliError(EXIT.integrity, `${worker} ${version} was not installed, because it is not signed.`);
  }
  const expected = { workerId: worker, version, filename, size, sha256 };
  const at = path`/v1/workers/${worker}/${version}/files/${filename}`;
  return placeWorker({ folder, isElsewhere }, expected, {
    check: (digest) => checkDownload(digest, expected, signature, keys.keys),
    async fetch(partPath, onProgress) {
      if (client.folder === undefined) {
        return download({ partPath, onProgress, source: async () => ({ url: client.url + at, size, sha256 }) });
      }
      const source = fileOf(client.folder, at);
      await copyFile(source, partPath).catch((error: unknown) => {
        throw new CliError(EXIT.notFound, `${source} cannot be copied.`, { cause: error });
      });
      return digestFile(partPath, onProgress);
    },
  });
}
