import { formatMinisignPublicKey } from "../../../lib/minisign/minisign.ts";
import { ANYONE, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { signaturePolicy } from "../../releases/artifact/check.ts";
import { indexSigner } from "../index/signed-index.ts";

const EXAMPLE = `untrusted comment: minisign public key 1D2B3C4D5E6F7081
RWSBcG9eTTwrHWJbZpFVLuJmTtqTGkHIRMsMryxyLyPKlTtqTGkHIRMs
`;

const EXAMPLE_DELEGATION = `untrusted comment: signature from rbee-catalog
RUSOELgoX68xlzWlYm8TCo/8c0pduSFr0wGYFBrHiOz9xd6kjJV2lIuQ5VPK0GqOQ0pvcFgVKe7x6rlTYUjxZhVUhCvr04WOMwc=
trusted comment: timestamp:1795392000\tfile:index-signing.pub\tpurpose:worker-index
wtBUrWpAAQ3hPgtEZ1z8dQedsLx+Sc6qLIk5kt3vOR5MmFC15mwvXK1vKtZh4y8dsY/8t2zl94HU0/RDrjvHCQ==
`;

/** Caches must revalidate, because a stale key beside a fresh signature would look forged. */
const CACHE_CONTROL = "no-cache";

/** The public keys to check releases and indexes with. */
export const keys = createRouter();

keys.openapi(
  operation("get", "/keys/index-signing.pub", {
    tag: "Releases",
    summary: "Key that signs the indexes of releases",
    description:
      "As a minisign `.pub` file. It is replaced now and then. Check its signature by a release signing key, which is beside it.",
    access: ANYONE,
    answers: {
      200: { description: "The key.", content: { "text/plain": { schema: z.string().openapi({ example: EXAMPLE }) } } },
    },
    refusals: ["SERVICE_UNAVAILABLE"],
  }),
  async (c) => c.text((await indexSigner(c.var.config)).publicKey, 200, { "Cache-Control": CACHE_CONTROL }),
);

keys.openapi(
  operation("get", "/keys/index-signing.pub.minisig", {
    tag: "Releases",
    summary: "The release key's signature over the index key",
    description:
      "Check it with a release signing key that you have pinned. With that key you can verify everything else.",
    access: ANYONE,
    answers: {
      200: {
        description: "The signature.",
        content: { "text/plain": { schema: z.string().openapi({ example: EXAMPLE_DELEGATION }) } },
      },
    },
    refusals: ["SERVICE_UNAVAILABLE"],
  }),
  async (c) => c.text((await indexSigner(c.var.config)).delegation, 200, { "Cache-Control": CACHE_CONTROL }),
);

keys.openapi(
  operation("get", "/keys/release-signing.pub", {
    tag: "Releases",
    summary: "Keys that sign releases",
    description:
      "The minisign public keys that this catalog accepts, each as its `.pub` file. Pin them at first use: a copy that you " +
      "fetch beside each download proves nothing.",
    access: ANYONE,
    answers: {
      200: {
        description: "The keys.",
        content: { "text/plain": { schema: z.string().openapi({ example: EXAMPLE }) } },
      },
    },
    refusals: ["NOT_FOUND"],
  }),
  (c) => {
    const { keys: accepted } = signaturePolicy(c.var.config);
    if (accepted.length === 0)
      throw new Problem({ code: "NOT_FOUND", detail: "This catalog has no release signing key." });
    c.header("Cache-Control", "public, max-age=300");
    return c.text(accepted.map(formatMinisignPublicKey).join(""), 200);
  },
);
