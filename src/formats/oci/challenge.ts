import { ownOrigin } from "../../platform/http/own-address.ts";
import type { ReadScope } from "../../platform/http/router.ts";

/** The path of the token endpoint. */
export const TOKEN_PATH = "/v2/token";

/** The name of this registry in its challenges: the host of its own origin. */
const serviceName = (origin: string): string => new URL(origin).host;

/**
 * `WWW-Authenticate` of a refused request (distribution, "Token Authentication Specification"): where the client gets a
 * token, and for which scope. `repository` is null if the path names none.
 */
export function challengeOf(c: Pick<ReadScope, "req" | "var">, repository: string | null): string {
  const origin = ownOrigin(c.req.raw, c.var.config);
  const scope = repository === null ? "" : `,scope="repository:${repository}:pull"`;
  return `Bearer realm="${origin}${TOKEN_PATH}",service="${serviceName(origin)}"${scope}`;
}
