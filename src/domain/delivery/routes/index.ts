import { ANYONE, type AppContext, createRouter, documentResponse, operation, z } from "../../../platform/http/route.ts";
import { requireWorker } from "../../workers/workers.ts";
import { readDeliveryFacts } from "../facts.ts";
import { ReleaseIndex } from "../index/release-index.ts";
import { indexSigner, type SignedIndex, signedIndex } from "../index/signed-index.ts";

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
    200: {
      description: "The signature.",
      content: { "text/plain": { schema: z.string().openapi({ example: EXAMPLE_SIGNATURE }) } },
    },
    304: ["The client's copy is current."],
  },
  refusals: ["WORKER_NOT_FOUND", "SERVICE_UNAVAILABLE"],
});

export const releaseIndexRoutes = createRouter();

releaseIndexRoutes.openapi(index, async (c) => answer(c, "index", c.req.valid("param").id));
releaseIndexRoutes.openapi(signature, async (c) => answer(c, "signature", c.req.valid("param").id));

/**
 * Answers with the index or its signature. Caches must revalidate, because a stale index beside a fresh signature would
 * look altered.
 */
async function answer(c: AppContext, part: keyof SignedIndex, name: string): Promise<Response> {
  const worker = requireWorker(name);
  const { now } = c.var;
  const signer = await indexSigner(c.var.config);
  const { manifest } = await readDeliveryFacts(c, worker.id, null);
  const signed = await signedIndex(manifest, signer, now);
  return documentResponse(c.req.raw, signed[part], { "Cache-Control": "no-cache" });
}
