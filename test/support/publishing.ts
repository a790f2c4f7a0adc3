import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { ask, makeToken } from "./admin-request.ts";
import { REPOSITORY, type RunIssuer, WORKFLOW } from "./workflow-run.ts";

/** A worker that the sample publisher may publish, and one that it may not. */
export const [OWN_WORKER, OTHER_WORKER] = ["llm-worker-rbee-premium-cpu", "llm-worker-rbee-cpu"] as const;

/** The body that adds the publisher of the sample run. */
export const newPublisher = (changes: object = {}): object => ({
  ...REPOSITORY,
  ...{ workflow: WORKFLOW, environment: "release", refs: ["refs/tags/v*"], worker_ids: [OWN_WORKER] },
  ...{ reason: "releases come from CI", ...changes },
});

/** Adds a publisher as an owner, and returns its id. */
export async function addPublisher(changes: object = {}): Promise<string> {
  const { token } = await makeToken(["owner"]);
  const response = await ask("POST", "/v1/admin/publishers", { token, body: newPublisher(changes) });
  expect(response.status).toBe(201);
  return (await response.json<{ publisher: { id: string } }>()).publisher.id;
}

/** Asks the catalog for an admin token. */
export const exchange = (token: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  ask("POST", "/v1/trusted-publishing/token", { body: { token }, headers });

/** Lets the Worker's requests for keys reach `answer`, and returns the list of the addresses that it asks. */
export function serveKeys(answer: () => Response | Promise<Response>): string[] {
  const asked: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    asked.push(String(input));
    return answer();
  });
  return asked;
}

/** Lets the Worker find the keys of `issuer`. */
export const serveKeysOf = (issuer: RunIssuer): string[] => serveKeys(async () => Response.json(await issuer.keySet()));

/** The number of tokens of runs in the ledger. */
export const runTokens = async (): Promise<number> =>
  (await env.DB.prepare("SELECT count(*) AS n FROM admin_tokens WHERE publisher_id IS NOT NULL").first<number>("n")) ??
  -1;
