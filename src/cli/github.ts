import * as z from "zod";
import { CliError, EXIT, parseJson } from "./errors.ts";
import { isPrivate, sendRequest } from "./transport.ts";

/** The audience of tokens that the catalog exchanges. */
const AUDIENCE = "rbee-catalog";

const TIMEOUT_MS = 30_000;

/** Requests to GitHub's token service before it counts as out. */
const ATTEMPTS = 4;

/** What this job may ask GitHub for a token with. */
export type RunAccess = { url: string; token: string };

/**
 * The access to GitHub's tokens that a job with `permissions: id-token: write` has; null outside of GitHub Actions.
 * Throws `CliError` (notAuthorized) in a job without that permission.
 */
export function runAccess(env: NodeJS.ProcessEnv): RunAccess | null {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token, GITHUB_ACTIONS } = env;
  if (url && token) return { url, token };
  if (GITHUB_ACTIONS !== "true") return null;
  throw new CliError(
    EXIT.notAuthorized,
    "This job has neither RBEE_ADMIN_TOKEN nor the permission to ask GitHub for a token. Give the job these lines, and let an owner " +
      "name its repository with `rbee-catalog publisher add`:\n  permissions:\n    id-token: write",
  );
}

const IdToken = z.object({ value: z.string().min(1) });

/**
 * A new OIDC token of this job for the catalog (docs.github.com, "OpenID Connect reference", "Methods for requesting
 * the OIDC token"). Throws `CliError`.
 */
export async function requestRunToken(
  { url, token }: RunAccess,
  sleep: (ms: number) => Promise<unknown>,
): Promise<string> {
  const address = addressOf(url, "ACTIONS_ID_TOKEN_REQUEST_URL");
  address.searchParams.set("audience", AUDIENCE);
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(address, token);
    if (answer.status === 200) {
      const parsed = parseJson(IdToken, answer.text);
      if (parsed !== null) return parsed.value;
      throw new CliError(EXIT.failure, `The answer of ${address.origin} has no token.`);
    }
    const isOut = answer.status === null || answer.status === 429 || answer.status >= 500;
    if (!isOut || attempt === ATTEMPTS) {
      const reason = answer.status === null ? answer.text : `status ${answer.status}`;
      throw new CliError(
        isOut ? EXIT.unavailable : EXIT.notAuthorized,
        `GitHub gives this job no token (${address.origin}: ${reason}). Does the job have \`permissions: id-token: write\`?`,
      );
    }
    await sleep(1000 * 2 ** (attempt - 1));
  }
}

const RepositoryAnswer = z.object({
  id: z.int().positive(),
  full_name: z.string(),
  fork: z.boolean(),
  private: z.boolean(),
  owner: z.object({ id: z.int().positive(), login: z.string() }),
});

/** A repository as GitHub knows it. */
export type Repository = { name: string; id: string; ownerId: string; isFork: boolean };

/**
 * Asks GitHub for a repository's ids. GITHUB_TOKEN or GH_TOKEN is sent if set, which a private repository needs.
 * GITHUB_API_URL names another GitHub. Throws `CliError`, also for a repository that has moved to another name.
 */
export async function findRepository(repository: string, env: NodeJS.ProcessEnv): Promise<Repository> {
  const api = addressOf(env["GITHUB_API_URL"] || "https://api.github.com", "GITHUB_API_URL");
  const [owner = "", name = ""] = repository.split("/");
  const base = `${api.origin}${api.pathname.replace(/\/$/, "")}`;
  const address = new URL(`${base}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`);
  const { status, text } = await ask(address, env["GITHUB_TOKEN"] || env["GH_TOKEN"] || null);
  const refuse = (exit: (typeof EXIT)["failure" | "notFound" | "unavailable"], reason: string): CliError =>
    new CliError(exit, `${reason} Or give both ids yourself: --repository-id and --owner-id.`);
  if (status === null) throw refuse(EXIT.unavailable, `${address.origin} cannot be reached: ${text}.`);
  if (status === 301) throw refuse(EXIT.failure, `${repository} has another name now. Use that one.`);
  if (status === 404) {
    throw refuse(EXIT.notFound, `GitHub shows no repository ${repository}. For a private one, set GITHUB_TOKEN.`);
  }
  const found = status === 200 ? parseJson(RepositoryAnswer, text) : null;
  if (found === null)
    throw refuse(EXIT.failure, `${address.origin} does not tell the ids of ${repository} (status ${status}).`);
  if (found.full_name.toLowerCase() !== repository.toLowerCase()) {
    throw refuse(EXIT.failure, `${repository} has another name now: ${found.full_name}. Use that one.`);
  }
  return { name: found.full_name, id: String(found.id), ownerId: String(found.owner.id), isFork: found.fork };
}

/** A URL that a secret may be sent to: https, or this machine. Throws `CliError`. */
function addressOf(text: string, variable: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && ["http:", "https:"].includes(url.protocol) && isPrivate(url)) return url;
  throw new CliError(EXIT.usage, `${variable} must be an https URL, because a secret is sent there.`);
}

type Answer = { status: number; text: string } | { status: null; text: string };

/** One request with a bearer token. It follows no redirect. `status` null: no answer, `text` is the reason. */
async function ask(url: URL, token: string | null): Promise<Answer> {
  try {
    const headers = { Accept: "application/json", "User-Agent": "rbee-catalog" };
    const request = { method: "GET", headers, credential: token, timeoutMs: TIMEOUT_MS, follow: false };
    const response = await sendRequest(url, request);
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: null, text: cause instanceof Error ? cause.message || cause.name : String(cause) };
  }
}
