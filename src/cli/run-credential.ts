import * as z from "zod";
import { isAdminToken } from "../lib/credential.ts";
import type { CatalogClient } from "./catalog-client.ts";
import { CliError, EXIT, problemCode } from "./errors.ts";
import { type RunAccess, requestRunToken } from "./github.ts";

/** Both texts become part of a job's log, which the runner reads commands from: they must have no line break. */
const RunToken = z.looseObject({
  token: z.string().refine(isAdminToken),
  publisher_id: z.string().regex(/^pub_[0-9a-z]+$/),
  worker_ids: z.array(z.string()),
});

/** The answer of the catalog to the token of a run. */
export type RunToken = z.infer<typeof RunToken>;

/**
 * The age at which a token is replaced, in milliseconds. It works for 15 minutes by the catalog's clock, which looks
 * at it when a request arrives.
 */
const REPLACED_AFTER_MS = 10 * 60_000;

/** Exchanges before the catalog counts as out. Each sends a new token of GitHub: the last may have been used. */
const ATTEMPTS = 4;

/** Makes the credential of a job of GitHub Actions, for a publication of any length. */
export type RunCredentialOptions = {
  client: CatalogClient;
  access: RunAccess;
  /** Called with each new token, before it is used. */
  onToken: (token: RunToken) => void;
  clock?: () => number;
};

/**
 * Returns a function that gives an admin token of the run at any time: a new one if the last is ten minutes old.
 * Concurrent calls share an exchange. It throws `CliError`.
 */
export function runCredential({ client, access, onToken, clock = () => performance.now() }: RunCredentialOptions) {
  let current: { token: string; at: number } | null = null;
  let exchanging: Promise<string> | null = null;

  async function exchange(): Promise<string> {
    const at = clock();
    const given = await exchangeOnce(client, access);
    onToken(given);
    current = { token: given.token, at };
    return given.token;
  }

  return async (): Promise<string> => {
    if (current !== null && clock() - current.at < REPLACED_AFTER_MS) return current.token;
    exchanging ??= exchange().finally(() => {
      exchanging = null;
    });
    return exchanging;
  };
}

async function exchangeOnce(client: CatalogClient, access: RunAccess): Promise<RunToken> {
  for (let attempt = 1; ; attempt++) {
    const token = await requestRunToken(access, client.sleep);
    try {
      return await client.json(RunToken, { method: "POST", path: "/v1/trusted-publishing/token", body: { token } });
    } catch (error) {
      // An answer that was lost has used up the token.
      const mayRepeat =
        error instanceof CliError &&
        (error.exitCode === EXIT.unavailable || problemCode(error) === "OIDC_TOKEN_REUSED");
      if (!mayRepeat || attempt === ATTEMPTS) throw error;
      await client.sleep(1000 * 2 ** (attempt - 1));
    }
  }
}
