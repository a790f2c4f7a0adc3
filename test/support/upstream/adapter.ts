import type { HubModels, UpstreamCard, UpstreamList, UpstreamWorker } from "./types.ts";

type Ask = (url: string) => Promise<Response>;

const JSON_TYPE = { "Content-Type": "application/json" };

/**
 * Reads the catalog as the marketplace's adapter does: the same requests, the same members, nothing checked. Drawn from
 * rbee-keeper/rbee at 0509312f, frontend/packages/marketplace-core/src/adapters/gwc/list.ts and details.ts.
 */
export function upstreamAdapter(base: string, send: (url: string, init: RequestInit) => Promise<Response>) {
  const ask: Ask = async (url) => {
    const response = await send(url, { headers: JSON_TYPE });
    if (!response.ok) throw new Error(`the adapter throws at ${response.status}`);
    return response;
  };
  const card = (worker: UpstreamWorker): UpstreamCard => {
    const backends = worker.variants.map(({ backend }) => backend);
    return {
      id: worker.id,
      name: worker.name,
      type: `${backends[0] ?? "cpu"} worker`,
      description: worker.description,
      ...(worker.coverImage ? { imageUrl: worker.coverImage } : {}),
      tags: [worker.implementation, ...backends, ...worker.capabilities.supportedFormats],
      url: `${base}/workers/${worker.id}`,
      license: worker.license,
      version: worker.version,
      backends: backends.join(", "),
    };
  };
  return {
    card,
    async workers(backend?: string): Promise<UpstreamWorker[]> {
      const { workers } = await (await ask(`${base}/workers`)).json<UpstreamList>();
      return backend === undefined
        ? workers
        : workers.filter(({ variants }) => variants.some((one) => one.backend === backend));
    },
    details: async (id: string): Promise<UpstreamCard> =>
      card(await (await ask(`${base}/workers/${id}`)).json<UpstreamWorker>()),
  };
}

const unique = (texts: string[]): string[] => [...new Set(texts)];

const hubModels = (workers: readonly UpstreamWorker[]): HubModels[] =>
  workers.flatMap((worker) => worker.marketplaceCompatibility?.huggingface ?? []);

/** The choices of the marketplace's filters (frontend/apps/marketplace/components/HuggingFaceSidebarFilters.tsx). */
export const filterChoices = (workers: readonly UpstreamWorker[]) => ({
  tasks: unique(hubModels(workers).flatMap(({ tasks }) => tasks)),
  libraries: unique(hubModels(workers).flatMap(({ libraries }) => libraries)),
  formats: unique(hubModels(workers).flatMap(({ formats }) => formats)),
  languages: unique(hubModels(workers).flatMap(({ languages }) => languages ?? [])),
});

/** The question to Hugging Face for the chosen workers (frontend/apps/marketplace/lib/buildHuggingFaceParams.ts). */
export function modelQuery(workers: readonly UpstreamWorker[], chosen: readonly string[]) {
  const { tasks, libraries, formats } = filterChoices(workers.filter(({ id }) => chosen.includes(id)));
  return { pipeline_tag: tasks[0], library: libraries[0], filter: formats.join(",") };
}
