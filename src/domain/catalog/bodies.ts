import type { Config } from "../../platform/config/config.ts";
import { type StaticDocument, staticDocument } from "../../platform/http/document.ts";
import { catalogEntry, familyEntry, groupedEntry } from "./entry-view.ts";
import type { ListedWorker } from "./published-workers.ts";
import { formerRecipePaths, recipeFiles } from "./recipe-files.ts";
import { familyView, type Members, workerResource } from "./view.ts";

/** Makes a body of the catalog that depends on no query, once. */
type MakeDocument = () => StaticDocument;

/** Every body of the catalog that depends on no query, by its path. */
export type CatalogDocuments = ReadonlyMap<string, MakeDocument>;

const PLAIN = "text/plain; charset=utf-8";

/** Remembers the document. Most isolates are asked for few of them, and each costs a hash. */
function remember<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const json = (body: () => object) => remember(() => staticDocument(JSON.stringify(body()), "application/json"));

const text = (body: string) => remember(() => staticDocument(body, PLAIN));

/** The bodies of the catalog. A worker is served by its id and variant, and a family by its id. */
export function catalogDocuments(
  workers: readonly ListedWorker[],
  { PURCHASE_URL }: Pick<Config, "PURCHASE_URL">,
): CatalogDocuments {
  const documents = new Map<string, MakeDocument>();
  const resourceOf = (worker: ListedWorker) => workerResource(worker, PURCHASE_URL);
  const groups = groupsOf(workers).map(({ family, members: [first, ...others] }) => {
    const variants = remember((): Members => [resourceOf(first), ...others.map(resourceOf)]);
    const view = remember(() => familyView(family, variants()));
    return { id: family.id, variants, view, grouped: () => groupedEntry(view(), variants()) };
  });
  for (const { id, variants, view, grouped } of groups) {
    documents.set(`/v1/workers/${id}`, json(view));
    documents.set(`/v2/workers/${id}`, json(grouped));
    documents.set(
      `/workers/${id}`,
      json(() => familyEntry(view(), variants())),
    );
  }
  for (const worker of workers) {
    const entry = json(() => catalogEntry(resourceOf(worker)));
    const resource = json(() => resourceOf(worker));
    const pkgbuild = text(worker.pkgbuild);
    const srcinfo = text(worker.srcinfo);
    for (const name of [worker.id, worker.variant]) {
      documents.set(`/workers/${name}`, entry);
      documents.set(`/workers/${name}/PKGBUILD`, pkgbuild);
      documents.set(`/workers/${name}/.SRCINFO`, srcinfo);
      documents.set(`/v1/workers/${name}`, resource);
    }
    const files = recipeFiles(worker);
    for (const path of [files.any, files.git, ...formerRecipePaths(worker.id)]) if (path) documents.set(path, pkgbuild);
    if (files.binary) documents.set(files.binary, worker.binaryRecipe === null ? pkgbuild : text(worker.binaryRecipe));
  }
  return documents
    .set(
      "/workers",
      json(() => ({ workers: workers.map((worker) => catalogEntry(resourceOf(worker))) })),
    )
    .set(
      GROUPED_LIST,
      json(() => ({ workers: groups.map(({ grouped }) => grouped()) })),
    );
}

/** The path of the list by family. */
export const GROUPED_LIST = "/v2/workers";

type Group = { family: ListedWorker["family"]; members: [ListedWorker, ...ListedWorker[]] };

/** The workers by family, in the order of their first workers. */
function groupsOf(workers: readonly ListedWorker[]): Group[] {
  const groups = new Map<string, Group>();
  for (const worker of workers) {
    const group = groups.get(worker.family.id);
    if (group) group.members.push(worker);
    else groups.set(worker.family.id, { family: worker.family, members: [worker] });
  }
  return [...groups.values()];
}
