import type { Config } from "../../platform/config/config.ts";
import { type StaticDocument, staticDocument } from "../../platform/http/static-document.ts";
import type { Worker } from "../workers/workers.ts";
import { type CatalogEntry, catalogEntry } from "./entry.ts";
import { type WorkerResource, workerResource } from "./schema.ts";

/** Every body of the catalog that does not depend on a query, by its path. */
export type CatalogDocuments = ReadonlyMap<string, StaticDocument>;

const PLAIN = "text/plain; charset=utf-8";

const json = (body: { workers: CatalogEntry[] } | CatalogEntry | WorkerResource) =>
  staticDocument(JSON.stringify(body), "application/json");

/** Makes the catalog's bodies. */
export function makeCatalogDocuments(
  workers: readonly Worker[],
  config: Pick<Config, "PURCHASE_URL">,
): CatalogDocuments {
  const documents = new Map<string, StaticDocument>();
  const entries: CatalogEntry[] = [];
  for (const worker of workers) {
    const resource = workerResource(worker, config.PURCHASE_URL);
    const entry = catalogEntry(resource);
    entries.push(entry);
    const made = {
      entry: json(entry),
      resource: json(resource),
      pkgbuild: staticDocument(worker.pkgbuild, PLAIN),
      srcinfo: staticDocument(worker.srcinfo, PLAIN),
    };
    for (const name of [worker.id, worker.variant]) {
      documents.set(`/workers/${name}`, made.entry);
      documents.set(`/workers/${name}/PKGBUILD`, made.pkgbuild);
      documents.set(`/workers/${name}/.SRCINFO`, made.srcinfo);
      documents.set(`/v1/workers/${name}`, made.resource);
    }
  }
  return documents.set("/workers", json({ workers: entries }));
}
