import type { z } from "zod";
import type { ArtifactUpload, ReleaseSchema } from "../../src/domain/releases/view.ts";
import { ask, makeToken } from "./admin-request.ts";
import { askWorker } from "./ask-worker.ts";
import { declarationOf, randomBytes } from "./publish-release.ts";

export type Release = z.infer<typeof ReleaseSchema>;
export type Upload = z.infer<typeof ArtifactUpload>;

export const worker_id = "llm-worker-rbee-premium-cpu";

/** The file of every release here: one part. */
export const bytes = randomBytes(5000);

let token = "";

/** Makes the publisher of these requests before each test, because the ledger is new. */
export async function newPublisher(): Promise<void> {
  ({ token } = await makeToken(["releases:write", "releases:withdraw"]));
}

/** The header by which the publisher is known. */
export const authorization = () => ({ Authorization: `Bearer ${token}` });

export const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
  ask("POST", `/v1/admin/releases${path}`, { token, body, headers });
export const get = (path: string) => ask("GET", `/v1/admin/releases${path}`, { token });
export const remove = (path: string) => ask("DELETE", `/v1/admin/releases${path}`, { token });
export const put = (path: string, body: BodyInit) =>
  askWorker(`https://catalog.test/v1/admin/releases${path}`, {
    method: "PUT",
    headers: authorization(),
    body,
  });

/** The release of an answer. */
export const releaseOf = async (response: Promise<Response>): Promise<Release> =>
  (await (await response).json<{ release: Release }>()).release;

/** The releases that the catalog offers to everybody. */
export const listing = async (query = "") =>
  (await askWorker(`https://catalog.test/v1/workers/${worker_id}/versions${query}`)).json<{
    latest: string | null;
    versions: { version: string; status: string; artifacts: object[] }[];
  }>();

/** A new draft. */
export const draft = (version = "1.0.0"): Promise<Release> => releaseOf(post("", { worker_id, version }));

/** A new draft with an uploaded and checked file. */
export async function ready(version = "1.0.0"): Promise<Release> {
  const { id } = await draft(version);
  const declared = await post(`/${id}/artifacts`, await declarationOf({ bytes }));
  const { artifact } = await declared.json<Upload>();
  await put(`/${id}/artifacts/${artifact.id}/parts/1`, bytes);
  await post(`/${id}/artifacts/${artifact.id}/complete`);
  return releaseOf(get(`/${id}`));
}
