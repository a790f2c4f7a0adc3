import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { answerDocumentAtOnce } from "../../../src/domain/catalog/documents.ts";
import { renderRecipe } from "../../../src/domain/workers/recipe-rendering.ts";
import { TIERS } from "../../../src/domain/workers/table.ts";
import { type Worker, workers } from "../../../src/domain/workers/workers.ts";
import { askApp } from "../../support/ask-app.ts";
import { expectLogged } from "../../support/logged.ts";

const ask = (path: string, init?: RequestInit) => exports.default.fetch(`https://catalog.test${path}`, init);

const Found = z.object({ workers: z.array(z.looseObject({ id: z.string() })) });
const search = async (query: string): Promise<string[]> => {
  const response = await ask(`/v1/workers?${query}`);
  expect(response.status).toBe(200);
  return Found.parse(await response.json()).workers.map(({ id }) => id);
};

/** The ids of the workers with these properties: free ones first, then those for an accelerator. */
const matching = (suits: (worker: Worker) => boolean): string[] =>
  workers
    .filter(suits)
    .toSorted(
      (a, b) => TIERS.indexOf(a.tier) - TIERS.indexOf(b.tier) || +(a.backend === "cpu") - +(b.backend === "cpu"),
    )
    .map(({ id }) => id);

describe("GET /workers", () => {
  it("has every promised field of every worker", async () => {
    const { workers: entries } = Found.parse(await (await ask("/workers")).json());
    expect(entries[0]).toMatchObject({
      id: "llm-worker-rbee-cpu",
      variant: "cpu",
      description: expect.any(String),
      arch: ["x86_64", "aarch64"],
      pkgbuild_url: "/workers/cpu/PKGBUILD",
      tier: "free",
      requires_license: false,
    });
    expect(entries[0]).not.toHaveProperty("purchase_url");
    expect(entries.find(({ id }) => id === "llm-worker-rbee-premium-cuda")).toMatchObject({
      id: "llm-worker-rbee-premium-cuda",
      variant: "premium-cuda",
      arch: ["x86_64"],
      pkgbuild_url: "/workers/premium-cuda/PKGBUILD",
      tier: "premium",
      requires_license: true,
      purchase_url: "https://marketplace.rbee.dev/premium",
    });
  });

  it.each(workers)("names an existing recipe for $id", async (worker) => {
    const { id, variant } = worker;
    const { pkgbuild, srcinfo } = renderRecipe(worker, null, "https://catalog.test");
    for (const name of [id, variant]) {
      const recipe = await ask(`/workers/${name}/PKGBUILD`);
      expect(recipe.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
      expect(await recipe.text()).toBe(pkgbuild);
      const declared = await ask(`/workers/${name}/.SRCINFO`);
      expect(declared.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
      expect(await declared.text()).toBe(srcinfo);
    }
  });

  it("answers the same single entry by id and by variant", async () => {
    const { workers: entries } = Found.parse(await (await ask("/workers")).json());
    for (const [index, { id, variant }] of workers.entries()) {
      expect(await (await ask(`/workers/${id}`)).json()).toEqual(entries[index]);
      expect(await (await ask(`/workers/${variant}`)).json()).toEqual(entries[index]);
    }
  });
});

describe("a worker that does not exist", () => {
  const names = [
    "llm-worker-rbee-vulkan",
    "__proto__",
    "constructor",
    "CPU",
    "%00",
    "%2e%2e%2fcpu",
    "%E0%A4%A",
    "a".repeat(5000),
  ];
  const paths = names.flatMap((name) => [
    `/workers/${name}`,
    `/workers/${name}/PKGBUILD`,
    `/workers/${name}/.SRCINFO`,
    `/v1/workers/${name}`,
  ]);

  it.each(paths)("is not found at %.60s", async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "WORKER_NOT_FOUND" });
  });
});

describe("GET /v1/workers", () => {
  it("lists all workers, in the order of /workers, without a query and with an empty one", async () => {
    const all = workers.map(({ id }) => id);
    expect(await search("")).toEqual(all);
    expect(await search("q=&platform=&arch=&kind=&backend=&tier=")).toEqual(all);
    expect(await search("q=%20%20")).toEqual(all);
  });

  it.each<[string, (worker: Worker) => boolean]>([
    ["q=nvidia", ({ backend }) => backend === "cuda"],
    [
      "q=GGUF+metal",
      ({ backend, capabilities }) => backend === "metal" && capabilities.supportedFormats.includes("gguf"),
    ],
    ["q=streaming+premium", ({ tier }) => tier === "premium"],
    ["q=stable-diffusion", ({ kind }) => kind === "image"],
    ["q=batching", () => false],
    ["q=nvidia+apple", () => false],
    ["kind=image", ({ kind }) => kind === "image"],
    ["backend=rocm", ({ backend }) => backend === "rocm"],
    ["tier=premium", ({ tier }) => tier === "premium"],
    ["tier=free&arch=aarch64", ({ tier, architectures }) => tier === "free" && architectures.includes("aarch64")],
  ])("answers %s", async (query, suits) => {
    expect((await search(query)).toSorted()).toEqual(matching(suits).toSorted());
  });

  it.each([
    ["platform=linux-x86_64", "linux", "x86_64"],
    ["platform=linux&arch=amd64", "linux", "x86_64"],
    ["platform=Linux-aarch64", "linux", "aarch64"],
    ["platform=macos", "macos", null],
    ["platform=darwin-arm64", "macos", "aarch64"],
    ["platform=macos&arch=x86_64", "macos", "x86_64"],
    ["platform=win32-x64", "windows", "x86_64"],
    ["platform=linux-arm64&arch=aarch64", "linux", "aarch64"],
  ] as const)("matches the hardware of %s, free and accelerated first", async (query, system, architecture) => {
    const found = await search(query);
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(
      matching(
        ({ operatingSystems, architectures }) =>
          operatingSystems.includes(system) && (architecture === null || architectures.includes(architecture)),
      ),
    );
  });

  it.each([
    ["platform=haiku", "platform"],
    ["platform=linux-riscv64", "platform"],
    ["platform=linux-", "platform"],
    ["platform=__proto__", "platform"],
    ["arch=mips", "arch"],
    ["platform=linux-x86_64&arch=arm64", "arch"],
    ["kind=music", "kind"],
    ["backend=vulkan", "backend"],
    ["tier=gold", "tier"],
    ["tier=free&tier=premium", "tier"],
    [`q=${"a".repeat(201)}`, "q"],
  ])("refuses %.40s", async (query, path) => {
    const response = await ask(`/v1/workers?${query}`);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: "VALIDATION_FAILED", errors: [{ path }] });
  });

  it("answers the same single worker, in snake_case only", async () => {
    const { workers: entries } = Found.parse(await (await ask("/v1/workers")).json());
    const entry = entries.find(({ id }) => id === "llm-worker-rbee-premium-cpu");
    expect(await (await ask("/v1/workers/premium-cpu")).json()).toEqual(entry);
    expect(await (await ask("/v1/workers/llm-worker-rbee-premium-cpu")).json()).toEqual(entry);
    expect(JSON.stringify(entries)).not.toMatch(/"[a-z]+[A-Z]\w*":/);
  });
});

describe.each([
  "/workers",
  "/workers/cpu",
  "/workers/cpu/PKGBUILD",
  "/workers/cpu/.SRCINFO",
  "/v1/workers?tier=free",
  "/v1/workers/cpu",
])("%s", (path) => {
  it("is cached, revalidated by ETag, and sent uncompressed", async () => {
    const first = await ask(path);
    const etag = first.headers.get("ETag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(first.headers.get("Cache-Control")).toBe("public, max-age=60");
    expect(first.headers.get("Content-Encoding")).toBeNull();
    expect((await first.text()).length).toBeGreaterThan(0);

    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await ask(path, { headers: { "If-None-Match": known } });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe("");
      expect(again.headers.get("ETag")).toBe(etag);
      expect(again.headers.get("Cache-Control")).toBe("public, max-age=60");
      expect(again.headers.get("Vary")).toContain("Origin");
    }
    expect((await ask(path, { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
  });

  it("answers HEAD like GET, without the body", async () => {
    const [get, head] = [await ask(path), await ask(path, { method: "HEAD" })];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    for (const name of ["ETag", "Content-Type", "Cache-Control", "Vary"]) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
    await get.text();
  });

  it("may be read by our own pages only", async () => {
    const from = (Origin: string) => ask(path, { headers: { Origin } });
    for (const origin of ["http://localhost:7836", "http://localhost:8501", "https://marketplace.rbee.dev"]) {
      const response = await from(origin);
      expect(response.headers.get("Access-Control-Allow-Origin")).toBe(origin);
      expect(response.headers.get("Access-Control-Expose-Headers")).toBe("ETag, X-Request-Id");
      expect(response.headers.get("Vary")).toContain("Origin");
    }
    for (const origin of ["https://rbee.dev.evil.test", "http://rbee.dev", "http://localhost:8787", "null"]) {
      const response = await from(origin);
      expect(response.status).toBe(200);
      expect(response.headers.get("Access-Control-Allow-Origin")).toBeNull();
    }
  });

  it("answers the preflight request of a page that sends Content-Type", async () => {
    const preflight = (Origin: string) =>
      ask(path, {
        method: "OPTIONS",
        headers: { Origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "content-type" },
      });
    const known = await preflight("https://docs.rbee.dev");
    expect(known.status).toBe(204);
    expect(known.headers.get("Access-Control-Allow-Origin")).toBe("https://docs.rbee.dev");
    expect(known.headers.get("Access-Control-Allow-Methods")).toContain("GET");
    expect(known.headers.get("Access-Control-Allow-Headers")).toContain("Content-Type");
    expect((await preflight("https://evil.test")).headers.get("Access-Control-Allow-Origin")).toBeNull();
  });
});

it("our pages may read refusals, too", async () => {
  const response = await ask("/workers/none", { headers: { Origin: "https://rbee.dev" } });
  expect(response.status).toBe(404);
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe("https://rbee.dev");
});

it.each([
  ["GET", {}],
  ["HEAD", {}],
  ["GET", { Origin: "https://rbee.dev" }],
  ["GET", { "If-None-Match": "*" }],
])(
  "%s %o has the same answer on the fast path and through the router",
  async (method, sent: Record<string, string>) => {
    const init = { method, headers: sent };
    const url = "https://catalog.test/workers/cpu?unused=1";
    const routed = await askApp(url, init, env);
    const request = new Request(url, init);
    const direct = answerDocumentAtOnce(request, "/workers/cpu", env);
    if (direct === null) throw new Error("it was left to the router");
    expect(direct.status).toBe(routed.status);
    for (const answer of [routed, direct]) {
      expect(answer.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
      answer.headers.delete("X-Request-Id");
    }
    // What waits for nothing has no time to tell of.
    routed.headers.delete("Server-Timing");
    expect(Object.fromEntries(direct.headers)).toEqual(Object.fromEntries(routed.headers));
    expect(await direct.text()).toBe(await routed.text());
  },
);

it.each([
  ["POST", "/workers"],
  ["OPTIONS", "/workers"],
  ["GET", "/workers/none"],
  ["GET", "/v1/workers"],
  ["GET", "/health"],
])("%s %s is left to the router", async (method, path) => {
  await askApp("https://catalog.test/workers", {}, env);
  expect(answerDocumentAtOnce(new Request(`https://catalog.test${path}`, { method }), path, env)).toBeNull();
});

it("the catalog needs no database, key-value store or bucket", async () => {
  const broken = { get: () => Promise.reject(new Error("must not be used")) };
  const bindings = { ...env, DB: broken, EDGE: broken, BINARIES: broken };
  for (const path of ["/workers", "/workers/cpu", "/workers/cpu/PKGBUILD", "/v1/workers?q=cpu"]) {
    expect((await askApp(`https://catalog.test${path}`, {}, bindings)).status).toBe(200);
  }
  for (const event of ["edge.unreadable", "ledger.unreadable"]) expectLogged(event);
});
