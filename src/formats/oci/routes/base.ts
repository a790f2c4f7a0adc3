import { askerOf } from "../../../domain/delivery/authorization.ts";
import { createRoute, createRouter, Problem, z } from "../../../platform/http/route.ts";
import { registryTokenOf, requireStanding } from "../access.ts";
import { registryErrorsAt, SECURITY, TAGS } from "../route.ts";
import { askerOfToken } from "../token.ts";

const support = createRoute({
  method: "get",
  path: "/v2",
  tags: TAGS,
  summary: "Check access to the container registry",
  description:
    "The first request of every client of registries, and the check of `docker login`. Without a credential, 401 says where the " +
    "client gets a token; free workers need none.",
  security: SECURITY,
  responses: {
    200: {
      description: "The registry is here, and the credential is in force.",
      content: { "application/json": { schema: z.object({}), example: {} } },
    },
    ...registryErrorsAt("/v2/"),
  },
});

/** `GET /v2/`, which some clients ask for without the slash. */
export const base = createRouter();

base.openAPIRegistry.registerPath(support);
const path = support.getRoutingPath();
base.on("GET", [path, `${path}/`], async (c) => {
  const token = await registryTokenOf(c);
  const asker = token ? askerOfToken(token) : await askerOf(c, { tier: "premium" });
  if (asker) await requireStanding(c, asker);
  else if (!token) {
    throw new Problem({
      code: "CREDENTIAL_REQUIRED",
      detail: "Get a token first. Free workers need no login: ask for a token without a credential.",
    });
  }
  return c.json({}, 200, { "Cache-Control": "private, no-store" });
});
