import { formatMinisignPublicKey } from "../../../lib/minisign/minisign.ts";
import {
  ANYONE,
  type AppContext,
  createRouter,
  documentResponse,
  operation,
  Problem,
  z,
} from "../../../platform/http/route.ts";
import { signaturePolicy } from "../../releases/artifact/check.ts";
import { requireWorker } from "../../workers/workers.ts";
import { readDeliveryFacts } from "../facts.ts";
import { ReleaseIndex } from "../index/release-index.ts";
import { indexSigner, type SignedIndex, signedIndex } from "../index/signed-index.ts";

/** Caches must revalidate, because a stale index or key beside a fresh signature would look forged. */
const REVALIDATE = { "Cache-Control": "no-cache" };

const plainText = (description: string, example: string) => ({
  description,
  content: { "text/plain": { schema: z.string().openapi({ example }) } },
});

const params = z.object({
  id: z.string().openapi({ param: { description: "The worker's id or variant." }, example: "premium-cuda" }),
});

const EXAMPLE_SIGNATURE = `untrusted comment: signature from rbee-catalog
RUSOELgoX68xlzWlYm8TCo/8c0pduSFr0wGYFBrHiOz9xd6kjJV2lIuQ5VPK0GqOQ0pvcFgVKe7x6rlTYUjxZhVUhCvr04WOMwc=
trusted comment: worker:llm-worker-rbee-premium-cuda\tserial:7\tgenerated:2026-11-23T00:00:00Z\texpires:2026-11-30T00:00:00Z
wtBUrWpAAQ3hPgtEZ1z8dQedsLx+Sc6qLIk5kt3vOR5MmFC15mwvXK1vKtZh4y8dsY/8t2zl94HU0/RDrjvHCQ==
`;

const EXAMPLE = {
  worker_id: "llm-worker-rbee-premium-cuda",
  serial: 7,
  generated_at: "2026-11-23T00:00:00Z",
  expires_at: "2026-11-30T00:00:00Z",
  latest: "1.10.0",
  versions: [],
} satisfies ReleaseIndex;

const index = operation("get", "/v1/workers/{id}/index.json", {
  tag: "Releases",
  summary: "The signed index of a worker's releases",
  description:
    "Every version that was ever published, with every file's hash and signature, the same for everyone. Its signature is in " +
    "`index.json.minisig`, and it is valid until `expires_at`. So a mirror can neither alter a file nor keep offering old ones. It " +
    "is made again every day, and with every change, which raises `serial`.",
  access: ANYONE,
  params,
  answers: { 200: ["The index.", ReleaseIndex, EXAMPLE], 304: ["The client's copy is current."] },
  refusals: ["WORKER_NOT_FOUND", "SERVICE_UNAVAILABLE"],
});

const signature = operation("get", "/v1/workers/{id}/index.json.minisig", {
  tag: "Releases",
  summary: "The minisign signature of a worker's index",
  description: "Over the bytes of `index.json`, by the key at `/keys/index-signing.pub`.",
  access: ANYONE,
  params,
  answers: {
    200: plainText("The signature.", EXAMPLE_SIGNATURE),
    304: ["The client's copy is current."],
  },
  refusals: ["WORKER_NOT_FOUND", "SERVICE_UNAVAILABLE"],
});

export const releaseIndexRoutes = createRouter();

releaseIndexRoutes.openapi(index, async (c) => answer(c, "index", c.req.valid("param").id));
releaseIndexRoutes.openapi(signature, async (c) => answer(c, "signature", c.req.valid("param").id));

/** Answers with the index or its signature. */
async function answer(c: AppContext, part: keyof SignedIndex, name: string): Promise<Response> {
  const worker = requireWorker(name);
  const { now } = c.var;
  const signer = await indexSigner(c.var.config);
  const { manifest } = await readDeliveryFacts(c, worker.id, null);
  const signed = await signedIndex(worker, manifest, signer, now);
  return documentResponse(c.req.raw, signed[part], REVALIDATE);
}

const EXAMPLE_KEY = `untrusted comment: minisign public key 1D2B3C4D5E6F7081
RWSBcG9eTTwrHWJbZpFVLuJmTtqTGkHIRMsMryxyLyPKlTtqTGkHIRMs
`;

const EXAMPLE_DELEGATION = `untrusted comment: signature from rbee-catalog
RUSOELgoX68xlzWlYm8TCo/8c0pduSFr0wGYFBrHiOz9xd6kjJV2lIuQ5VPK0GqOQ0pvcFgVKe7x6rlTYUjxZhVUhCvr04WOMwc=
trusted comment: timestamp:1795392000\tfile:index-signing.pub\tpurpose:worker-index
wtBUrWpAAQ3hPgtEZ1z8dQedsLx+Sc6qLIk5kt3vOR5MmFC15mwvXK1vKtZh4y8dsY/8t2zl94HU0/RDrjvHCQ==
`;

/** The public keys to check releases and indexes with. Every page may read them, as it may the keys of tokens. */
export const keys = createRouter();
keys.use("/keys/*", async (c, next) => {
  await next();
  c.header("Access-Control-Allow-Origin", "*");
});

keys.openapi(
  operation("get", "/keys/index-signing.pub", {
    tag: "Releases",
    summary: "Key that signs the indexes of releases",
    description:
      "As a minisign `.pub` file. It is replaced now and then. Check its signature by a release signing key, which is beside it.",
    access: ANYONE,
    answers: { 200: plainText("The key.", EXAMPLE_KEY) },
    refusals: ["SERVICE_UNAVAILABLE"],
  }),
  async (c) => c.text((await indexSigner(c.var.config)).publicKey, 200, REVALIDATE),
);

keys.openapi(
  operation("get", "/keys/index-signing.pub.minisig", {
    tag: "Releases",
    summary: "The release key's signature over the index key",
    description:
      "Check it with a release signing key that you have pinned. With that key you can verify everything else.",
    access: ANYONE,
    answers: { 200: plainText("The signature.", EXAMPLE_DELEGATION) },
    refusals: ["SERVICE_UNAVAILABLE"],
  }),
  async (c) => c.text((await indexSigner(c.var.config)).delegation, 200, REVALIDATE),
);

keys.openapi(
  operation("get", "/keys/release-signing.pub", {
    tag: "Releases",
    summary: "Keys that sign releases",
    description:
      "The minisign public keys that this catalog accepts, each as its `.pub` file. Pin them at first use: a copy that you " +
      "fetch beside each download proves nothing.",
    access: ANYONE,
    answers: { 200: plainText("The keys.", EXAMPLE_KEY) },
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
