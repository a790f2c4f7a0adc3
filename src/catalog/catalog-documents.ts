import type { Config } from "../config.ts";
import { type StaticDocument, staticDocument } from "../http/static-document.ts";
import { type CatalogEntry, catalogEntry } from "./catalog-entry.ts";
import { type WorkerResource, workerResource } from "./worker-schema.ts";
import { workers } from "./workers.ts";

/** What one worker's routes answer with. */
export type WorkerDocuments = Record<"entry" | "resource" | "pkgbuild" | "srcinfo", StaticDocument>;

/** Every body of the catalog that does not depend on a query. */
export type CatalogDocuments = { list: StaticDocument; ofWorker: ReadonlyMap<string, WorkerDocuments> };

const PLAIN = "text/plain; charset=utf-8";

const json = (body: { workers: CatalogEntry[] } | CatalogEntry | WorkerResource) =>
  staticDocument(JSON.stringify(body), "application/json");

function render(purchaseUrl: string): CatalogDocuments {
  const entries: CatalogEntry[] = [];
  const ofWorker = new Map<string, WorkerDocuments>();
  for (const worker of workers) {
    const resource = workerResource(worker, purchaseUrl);
    const entry = catalogEntry(resource);
    entries.push(entry);
    const documents = {
      entry: json(entry),
      resource: json(resource),
      pkgbuild: staticDocument(worker.pkgbuild, PLAIN),
      srcinfo: staticDocument(worker.srcinfo, PLAIN),
    };
    ofWorker.set(worker.id, documents).set(worker.variant, documents);
  }
  return { list: json({ workers: entries }), ofWorker };
}

const rendered = new WeakMap<Config, CatalogDocuments>();

/** The catalog's bodies under `config`, made at their first use: for an isolate they never change. */
export function catalogDocuments(config: Config): CatalogDocuments {
  const known = rendered.get(config);
  if (known) return known;
  const documents = render(config.PURCHASE_URL);
  rendered.set(config, documents);
  return documents;
}
