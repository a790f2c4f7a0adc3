import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { workers } from "../../../src/domain/workers/workers.ts";

/** How each client in use decodes an entry, as strictly as its own decoder does. */
const platforms = z.array(z.enum(["linux", "macos", "windows"])).min(1);
const architectures = z.array(z.enum(["x86_64", "aarch64"])).min(1);
/** `WorkerType` of the keeper's artifacts-contract has rocm since 8 November 2025 (rbee-keeper/rbee at e559710f). */
const backend = z.enum(["cpu", "cuda", "metal", "rocm"]);
const text = z.string().min(1);

const source = z.object({
  type: z.enum(["git", "tarball"]),
  url: z.url(),
  branch: text.optional(),
  tag: text.optional(),
  path: text.optional(),
});
const build = z.object({
  features: z.array(text).optional(),
  profile: text.optional(),
  flags: z.array(text).optional(),
});

const CONSUMERS = {
  "the first clients": z.object({
    id: text,
    variant: text,
    description: text,
    arch: architectures,
    pkgbuild_url: z.string().startsWith("/workers/"),
  }),
  "the hive's installer": z.object({
    id: text,
    name: text,
    version: text,
    platforms,
    architectures,
    depends: z.array(text).optional(),
  }),
  "the hive's list": z.object({ id: text, name: text, worker_type: backend, platforms, description: text }),
  "the hive's page": z.object({
    worker_type: backend,
    platforms,
    name: text,
    implementation: text,
    description: text,
    build_system: text,
    supports_streaming: z.boolean(),
    max_context_length: z.int().optional(),
  }),
  "the keeper": z.object({
    id: text,
    implementation: z.enum(["rust", "python", "cpp"]),
    workerType: backend,
    version: text,
    platforms,
    architectures,
    name: text,
    description: text,
    license: text,
    pkgbuildUrl: text,
    buildSystem: z.enum(["cargo", "make", "cmake"]),
    source,
    build,
    depends: z.array(text),
    makedepends: z.array(text),
    binaryName: text,
    installPath: z.string().startsWith("/usr/local/bin/"),
    supportedFormats: z.array(text),
    maxContextLength: z.uint32().optional(),
    supportsStreaming: z.boolean(),
    supportsBatching: z.boolean(),
  }),
  "the marketplace": z.object({
    id: text,
    name: text,
    description: text,
    license: text,
    version: text,
    implementation: z.enum(["rust", "python", "cpp"]),
    capabilities: z.object({
      supportedFormats: z.array(text),
      supportsStreaming: z.boolean(),
      supportsBatching: z.boolean(),
    }),
    variants: z.array(z.object({ backend, platforms, architectures, pkgbuildUrl: text })).min(1),
    coverImage: z.url().optional(),
    readmeUrl: z.url().optional(),
  }),
} satisfies Record<string, z.ZodType>;

const fetchJson = async (path: string): Promise<unknown> =>
  (await exports.default.fetch(`https://catalog.test${path}`)).json();

describe.each(Object.entries(CONSUMERS))("%s", (_, schema) => {
  let list: unknown;
  beforeAll(async () => {
    list = await fetchJson("/workers");
  });

  it("decodes every entry of /workers", () => {
    expect(z.object({ workers: z.array(schema).length(workers.length) }).safeParse(list).error).toBeUndefined();
  });

  it.each(workers)("decodes /workers/$id", async ({ id }) => {
    expect(schema.safeParse(await fetchJson(`/workers/${id}`)).error).toBeUndefined();
  });
});

describe("the hive's page", () => {
  it.each([
    ["cpu", "llm-worker-rbee-cpu"],
    ["cuda", "llm-worker-rbee-cuda"],
    ["metal", "llm-worker-rbee-metal"],
    ["rocm", "llm-worker-rbee-rocm"],
  ])("takes the first entry of %s, which is free and generates text", async (type, id) => {
    const Catalog = z.object({ workers: z.array(z.object({ id: z.string(), worker_type: z.string() })) });
    const catalog = Catalog.parse(await fetchJson("/workers"));
    expect(catalog.workers.find((worker) => worker.worker_type === type)?.id).toBe(id);
  });
});
