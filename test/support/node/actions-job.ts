import { type Claims, REPOSITORY, RunIssuer } from "../workflow-run.ts";
import { serve } from "./http-server.ts";

const JOB_TOKEN = "token-of-the-job";

/** A job of GitHub Actions on loopback: GitHub's issuer, the service that gives the job its tokens, and the API. */
export type ActionsJob = {
  url: string;
  /** The variables of a Worker that trusts this issuer. */
  variables: string;
  /** The claims that the next tokens differ in. */
  claims: Claims;
  /** The environment of the job's commands. Unset variables of the tests' own environment are empty. */
  environment: NodeJS.ProcessEnv;
  close(): void;
};

/**
 * Starts a job. Tokens are signed as GitHub signs them. The answers have the forms of docs.github.com: "OpenID Connect
 * reference" (the token service) and "Get a repository" (the API).
 */
export async function startActionsJob(): Promise<ActionsJob> {
  const issuer = await RunIssuer.open();
  const server = await serve(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://job");
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/.well-known/jwks") return void answer(200, await issuer.keySet());
    if (url.pathname === "/token") {
      if (request.headers.authorization !== `Bearer ${JOB_TOKEN}`) return void answer(401, {});
      const changes = { iss: job.url, aud: url.searchParams.get("audience"), ...job.claims };
      return void answer(200, { count: 1, value: await issuer.sign(changes) });
    }
    const { repository, repository_id, repository_owner_id } = REPOSITORY;
    if (url.pathname !== `/repos/${repository}`) return void answer(404, { message: "Not Found" });
    const owner = { id: Number(repository_owner_id), login: repository.split("/")[0] };
    answer(200, { id: Number(repository_id), full_name: repository, fork: false, private: true, owner });
  });
  const job: ActionsJob = {
    url: server.url,
    variables: `PUBLISHER_ISSUER=${server.url}\nPUBLISHER_JWKS_URL=${server.url}/.well-known/jwks\n`,
    claims: {},
    environment: {
      ...{ GITHUB_ACTIONS: "true", GITHUB_API_URL: server.url, GITHUB_TOKEN: "", GH_TOKEN: "" },
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: JOB_TOKEN,
      ...{ RBEE_ADMIN_TOKEN: "", RBEE_LICENSE_KEY: "" },
    },
    close: server.close,
  };
  return job;
}
