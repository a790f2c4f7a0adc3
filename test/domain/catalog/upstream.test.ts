import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import type { CatalogEntry, FamilyEntry, GroupedEntry } from "../../../src/domain/catalog/entry-schema.ts";
import { workers } from "../../../src/domain/workers/workers.ts";
import { askApp } from "../../support/ask-app.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { filterChoices, modelQuery, upstreamAdapter } from "../../support/upstream/adapter.ts";
import type { UpstreamWorker } from "../../support/upstream/types.ts";

/** A value after it was written and read as JSON, where nothing is read-only. */
type Json<Value> = Value extends readonly (infer Element)[]
  ? Json<Element>[]
  : Value extends object
    ? { -readonly [Key in keyof Value]: Json<Value[Key]> }
    : Value;

const text = z.string().min(1);
const texts = z.array(text).min(1);

/** A check of the values at run time, as strict as the types. No member's name is misspelled, so extra ones are few. */
const Upstream = z.object({
  id: text,
  implementation: z.enum(["rust", "python", "cpp"]),
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  name: text,
  description: text,
  license: text,
  coverImage: z.url().optional(),
  readmeUrl: z.url().optional(),
  buildSystem: z.enum(["cargo", "cmake", "pip", "npm"]),
  source: z.object({
    type: z.enum(["git", "tarball"]),
    url: z.url(),
    branch: text.optional(),
    tag: text.optional(),
    path: text.optional(),
  }),
  variants: z
    .array(
      z.object({
        backend: z.enum(["cpu", "cuda", "metal", "rocm"]),
        platforms: z.array(z.enum(["linux", "macos", "windows"])).min(1),
        architectures: z.array(z.enum(["x86_64", "aarch64"])).min(1),
        pkgbuildUrl: text,
        pkgbuildUrlGit: text,
        homebrewFormula: z.string(),
        homebrewFormulaGit: z.string(),
        build: z.object({ features: texts.optional(), profile: text.optional(), flags: texts.optional() }),
        depends: z.array(text),
        makedepends: z.array(text),
        binaryName: text,
        installPath: z.string().startsWith("/"),
      }),
    )
    .min(1),
  capabilities: z.object({
    supportedFormats: texts,
    maxContextLength: z.int().positive().optional(),
    supportsStreaming: z.boolean(),
    supportsBatching: z.boolean(),
  }),
  marketplaceCompatibility: z
    .object({
      huggingface: z
        .object({
          tasks: texts,
          libraries: texts,
          formats: texts,
          languages: texts.optional(),
          licenses: texts.optional(),
          minParameters: z.number().optional(),
          maxParameters: z.number().optional(),
        })
        .optional(),
      civitai: z.object({ modelTypes: texts, baseModels: texts }).optional(),
    })
    .optional(),
}) satisfies z.ZodType<UpstreamWorker>;

const OTHER = "https://gwc.rbee.dev";
const send = (url: string, init: RequestInit = {}): Promise<Response> =>
  url.startsWith(OTHER)
    ? askApp(url, init, { ...env, OTHER_ORIGINS: OTHER })
    : exports.default.fetch(url, { redirect: "manual", ...init });

const families = [...Map.groupBy(workers, ({ family }) => family)];

it("entries have the types that upstream's newest adapter expects", () => {
  expectTypeOf<Json<GroupedEntry>>().toExtend<UpstreamWorker>();
  expectTypeOf<Json<FamilyEntry>>().toExtend<UpstreamWorker>();
  expectTypeOf<Json<CatalogEntry>>().toExtend<UpstreamWorker>();
});

describe.each(["https://catalog.test/v2", OTHER])("upstream's adapter at %s", (base) => {
  const adapter = upstreamAdapter(base, send);

  it("decodes one entry for each worker, with a variant for each backend", async () => {
    const found = await adapter.workers();
    for (const worker of found) expect(Upstream.safeParse(worker).error).toBeUndefined();
    expect(found.map(({ id, variants }) => [id, variants.map(({ backend }) => backend)])).toEqual(
      families.map(([{ id }, members]) => [id, members.map(({ backend }) => backend)]),
    );
  });

  it("filters by backend", async () => {
    const withMetal = families.filter(([, members]) => members.some(({ backend }) => backend === "metal"));
    expect((await adapter.workers("metal")).map(({ id }) => id)).toEqual(withMetal.map(([{ id }]) => id));
  });

  it("reads each of them by the id that the list has", async () => {
    for (const worker of await adapter.workers())
      expect(await adapter.details(worker.id)).toEqual(adapter.card(worker));
    await expect(adapter.details("none")).rejects.toThrow("404");
  });

  it("offers filters for models, and asks for the models of the chosen worker", async () => {
    const found = await adapter.workers();
    expect(filterChoices(found)).toMatchObject({
      tasks: expect.arrayContaining(["text-generation"]),
      libraries: expect.arrayContaining(["transformers"]),
      formats: expect.arrayContaining(["gguf", "safetensors"]),
      languages: expect.arrayContaining(["en"]),
    });
    expect(modelQuery(found, ["llm-worker-rbee"])).toEqual({
      pipeline_tag: "text-generation",
      library: "transformers",
      filter: "gguf,safetensors",
    });
  });
});

describe("/workers/{family}", () => {
  const Family = z.object({ workers: z.array(Upstream) });

  it.each(families.map(([{ id }]) => id))("%s decodes as upstream's type, and as a hive's entry", async (id) => {
    const entry = await (await send(`https://catalog.test/workers/${id}`)).json();
    expect(Upstream.safeParse(entry).error).toBeUndefined();
    const Hive = z.object({
      id: z.literal(id),
      ...{ name: text, version: text, description: text },
      worker_type: z.enum(["cpu", "cuda", "metal", "rocm"]),
      platforms: texts,
      architectures: texts,
    });
    expect(Hive.safeParse(entry).error).toBeUndefined();
  });

  it("has no recipe, and the refusal names the ids that have one", async () => {
    for (const path of ["/workers/llm-worker-rbee/PKGBUILD", "/pkgbuilds/arch/llm-worker-rbee-bin.PKGBUILD"]) {
      const response = await send(`https://catalog.test${path}`);
      expect(response.status).toBe(404);
      const { code, detail } = await response.json<{ code: string; detail: string }>();
      expect(code).toBe("WORKER_NOT_FOUND");
      for (const { id, family } of workers) if (family.id === "llm-worker-rbee") expect(detail).toContain(id);
    }
  });

  it("of one worker in /v2 leads to its family", async () => {
    const response = await send("https://catalog.test/v2/workers/cpu");
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("/v2/workers/llm-worker-rbee");
  });

  it("is no entry of the flat list, whose entries decode as upstream's type as well", async () => {
    const list = Family.parse(await (await send("https://catalog.test/workers")).json());
    expect(list.workers.map(({ id }) => id)).toEqual(workers.map(({ id }) => id));
    for (const { variants } of list.workers) expect(variants).toHaveLength(1);
  });
});

describe("the addresses in entries", () => {
  const Entries = z.object({
    workers: z.array(Upstream.extend({ pkgbuildUrl: text.optional(), pkgbuildUrlGit: text.optional() })),
  });
  const answers = async (path: string): Promise<string> => {
    const response = await send(`https://catalog.test${path}`);
    expect([path, response.status]).toEqual([path, 200]);
    return response.text();
  };
  beforeEach(async () => {
    await publishRelease({
      worker_id: "llm-worker-rbee-premium-metal",
      version: "1.0.0",
      platform: "macos-aarch64",
      bytes: randomBytes(10),
    });
  });

  it.each(["/workers", "/v2/workers"])(
    "of %s are all served, and say what the catalog says elsewhere",
    async (path) => {
      const { workers: entries } = Entries.parse(await (await send(`https://catalog.test${path}`)).json());
      for (const entry of entries) {
        for (const variant of entry.variants) {
          const recipe = await answers(`/workers/${variant.binaryName}/PKGBUILD`);
          for (const url of [variant.pkgbuildUrl, variant.pkgbuildUrlGit]) expect(await answers(url)).toBe(recipe);
          for (const url of [entry.pkgbuildUrl, entry.pkgbuildUrlGit]) if (url !== undefined) await answers(url);
          for (const url of [variant.homebrewFormula, variant.homebrewFormulaGit]) {
            if (url !== "")
              expect(await answers(url)).toBe(await answers(`/homebrew/Formula/${variant.binaryName}.rb`));
          }
        }
      }
    },
  );

  it("name a recipe of the binary when a free worker has one for Linux, beside that of its source", async () => {
    const cpu = async () => {
      const entry = await (await send("https://catalog.test/v2/workers/llm-worker-rbee")).json();
      return Upstream.parse(entry).variants.find(({ backend }) => backend === "cpu");
    };
    expect((await cpu())?.pkgbuildUrl).toBe("/pkgbuilds/arch/llm-worker-rbee-cpu.PKGBUILD");
    expect((await send("https://catalog.test/pkgbuilds/arch/llm-worker-rbee-cpu-bin.PKGBUILD")).status).toBe(404);
    const published = { worker_id: "llm-worker-rbee-cpu", version: "2.0.0", bytes: randomBytes(10) };
    await publishRelease({ ...published, platform: "linux-aarch64" });
    const { pkgbuildUrl = "", pkgbuildUrlGit = "" } = (await cpu()) ?? {};
    expect(pkgbuildUrl).toBe("/pkgbuilds/arch/llm-worker-rbee-cpu-bin.PKGBUILD");
    expect(await answers(pkgbuildUrl)).toContain("\narch=('aarch64')\n");
    expect(await answers(pkgbuildUrlGit)).toBe(await answers("/workers/cpu/PKGBUILD"));
    // A newer release for other systems does not take it away.
    await publishRelease({ ...published, version: "2.1.0", platform: "windows-x86_64" });
    expect((await cpu())?.pkgbuildUrl).toBe(pkgbuildUrl);
    expect(await answers(pkgbuildUrl)).toContain("\npkgver=2.0.0\n");
    // Hives go on building the source.
    expect(await answers("/pkgbuilds/arch/llm-worker-rbee-cpu.PKGBUILD")).toBe(await answers("/workers/cpu/PKGBUILD"));
  });

  it("name every formula of the tap", async () => {
    const { workers: entries } = Entries.parse(await (await send("https://catalog.test/v2/workers")).json());
    for (const { binaryName, homebrewFormula } of entries.flatMap(({ variants }) => variants)) {
      const formula = await send(`https://catalog.test/homebrew/Formula/${binaryName}.rb`);
      expect([binaryName, homebrewFormula !== ""]).toEqual([binaryName, formula.status === 200]);
      await formula.text();
    }
  });
});
