import type { Worker } from "../../domain/workers/workers.ts";
import { workerOfRepository } from "./names.ts";

/**
 * The workers whose repositories a client asks to pull from. `scopes` are values of the parameter `scope`, each a list
 * of `repository:NAME:ACTIONS` with blanks between (distribution, "Token Scope Documentation"). Other resources, other
 * actions and unknown names are left out: the registry itself refuses them.
 */
export function workersOfScopes(scopes: readonly string[]): Worker[] {
  const named = scopes
    .flatMap((scope) => scope.split(" "))
    .flatMap((scope) => {
      const [, name = "", actions = ""] = /^repository(?:\([^)]*\))?:([^:]+):(.+)$/.exec(scope) ?? [];
      const worker = actions.split(",").includes("pull") ? workerOfRepository(name) : null;
      return worker ? [worker] : [];
    });
  return [...new Set(named)].slice(0, MAX_WORKERS);
}

/** The most repositories of one token. A pull needs one, and a copy between repositories two. */
const MAX_WORKERS = 5;

/** The scope of a token for these workers, as the OAuth2 form of the answer tells it. */
export const scopeOf = (names: readonly string[]): string => names.map((name) => `repository:${name}:pull`).join(" ");
