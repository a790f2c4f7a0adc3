import { formatMinisignPublicKey } from "../../../lib/minisign/minisign.ts";
import { createRoute, createRouter, Problem, problems, z } from "../../../platform/http/route.ts";
import { signaturePolicy } from "../../releases/signing-keys.ts";

const EXAMPLE = `untrusted comment: minisign public key 1D2B3C4D5E6F7081
RWSBcG9eTTwrHWJbZpFVLuJmTtqTGkHIRMsMryxyLyPKlTtqTGkHIRMs
`;

export const releaseKey = createRouter();

releaseKey.openapi(
  createRoute({
    method: "get",
    path: "/keys/release-signing.pub",
    tags: ["Releases"],
    summary: "Keys that sign releases",
    description:
      "The minisign public keys whose signatures this catalog accepts, each as its `.pub` file says it. Pin them when " +
      "you first see them: a copy fetched beside each download proves nothing.",
    security: [],
    responses: {
      200: {
        description: "The keys.",
        content: { "text/plain": { schema: z.string().openapi({ example: EXAMPLE }) } },
      },
      ...problems("NOT_FOUND"),
    },
  }),
  (c) => {
    const { keys } = signaturePolicy(c.var.config);
    if (keys.length === 0) throw new Problem({ code: "NOT_FOUND", detail: "This catalog has no release signing key." });
    c.header("Cache-Control", "public, max-age=300");
    return c.text(keys.map(formatMinisignPublicKey).join(""), 200);
  },
);
