import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Format } from "../../src/domain/catalog/format.ts";
import { latestFiles } from "../../src/domain/catalog/format.ts";
import { latestVersionWith } from "../../src/domain/delivery/decision.ts";
import { completeArtifact } from "../../src/domain/releases/artifact/completion.ts";
import { readArtifact } from "../../src/domain/releases/artifact/store.ts";
import { err, ok } from "../../src/lib/result.ts";
import { createRouter } from "../../src/platform/http/router.ts";
import { shortJob } from "../../src/platform/jobs/job.ts";
import { always } from "../../src/platform/jobs/schedule.ts";
import { serviceOf } from "../../src/service.ts";
import { makeToken } from "../support/admin-request.ts";
import { declarationOf, publisher, randomBytes, uploadAll } from "../support/publish-release.ts";

const WORKER = "llm-worker-rbee-cpu";
const ran: string[] = [];

const crateSchema = z.object({ label: z.string().min(1) }).strict();
const crate: NonNullable<Format["package"]> = {
  rules: {
    name: "crate",
    label: "crate",
    suffix: /\.crate$/,
    platforms: { amd64: "linux-x86_64" },
    contents: { label: { text: "label" } },
  },
  description: "A `*.crate` is a crate.",
  schema: crateSchema,
  check: ({ version }, { contents }) =>
    contents["label"] === version ? ok(null) : err({ path: "package.label", message: "It is another version." }),
};

const crates = createRouter();
crates.get("/crates/hello", (c) => c.text("hello"));

/** A format that nothing else names: with this value in the list it is checked, listed and served. */
const madeUp: Format = {
  package: crate,
  routes: async () => crates,
  installWays: (available) =>
    latestFiles(available, "package", crate).map(({ filename }) => ({
      id: "crate",
      name: "crate, anywhere",
      systems: ["linux"],
      about: "With a crowbar.",
      commands: `crowbar ${filename}`,
    })),
  offers: (_, manifest) => {
    const platform = "linux-x86_64";
    const version = latestVersionWith(manifest, { platform, format: crate });
    return [{ place: "shelf", platform, version, needs: "a crate" }];
  },
  repositories: {
    names: ["crates"],
    contents: () => new Map([["crates", { message: "all crates", files: { LIST: "none\n" } }]]),
  },
  afterManifest: async () => void ran.push("after"),
  jobs: [shortJob("stack-crates", always, async () => ran.push("job"))],
};

const service = serviceOf([madeUp]);
const app = createApp(service);

async function ask(path: string, init?: RequestInit): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(new Request(`https://catalog.test${path}`, init), env, context);
  await waitOnExecutionContext(context);
  return response;
}

async function desk() {
  const { token } = await makeToken(["releases:write"]);
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return (path: string, body?: unknown) =>
    ask(`/v1/admin${path}`, body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) });
}

describe("a format that is one value in the list", () => {
  it("is checked when it is declared, published beside the binary, and listed by the storefront", async () => {
    const at = await desk();
    const { release } = await (await at("/releases", { worker_id: WORKER, version: "1.0.0" })).json<{
      release: { id: string };
    }>();
    const bytes = randomBytes(100);
    const file = { ...(await declarationOf({ bytes, filename: "w-1.0.0-amd64.crate" })), package: { label: "2.0.0" } };
    const refused = await at(`/releases/${release.id}/artifacts`, file);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ errors: [{ path: "package.label" }] });
    const declared = await at(`/releases/${release.id}/artifacts`, { ...file, package: { label: "1.0.0" } });
    const { artifact } = await declared.json<{ artifact: { id: string; kind: string } }>();
    expect(artifact.kind).toBe("package");
    await uploadAll(await readArtifact(env.DB, release.id, artifact.id), bytes);
    const policy = { required: false, keys: [] };
    await completeArtifact(env, publisher(), { releaseId: release.id, id: artifact.id }, { signature: null, policy });
    const moved = await at(`/releases/${release.id}/publish`, {});
    expect(moved.status).toBe(200);
    const offer = { place: "shelf", platform: "linux-x86_64", version: "1.0.0", needs: "a crate" };
    expect(await moved.json()).toMatchObject({ offers: [offer] });
    expect(ran).toEqual(["after"]);
    expect(
      await env.DB.prepare("SELECT format, text FROM packages JOIN package_contents USING (artifact_id)").all(),
    ).toMatchObject({
      results: [{ format: "crate", text: '{"label":"1.0.0"}' }],
    });
    const page = await (await ask(`/w/${WORKER}`)).text();
    expect(page).toContain("crowbar w-1.0.0-amd64.crate");
    expect(page).toContain("Linux, x86-64, crate");
    expect(await (await ask("/install")).text()).toContain("crate, anywhere");
  });

  it("is served at its own routes, and described by the API", async () => {
    expect(await (await ask("/crates/hello")).text()).toBe("hello");
    const { paths } = await (await ask("/openapi.json")).json<{
      paths: Record<string, { post?: { description: string } }>;
    }>();
    expect(paths["/v1/admin/releases/{id}/artifacts"]?.post?.description).toContain("A `*.crate` is a crate.");
  });

  it("runs its jobs in the cron's minute", async () => {
    const scope = { env, service, now: 0, scheduledAt: 0, subject: null, hasTime: () => true };
    for (const { run } of service.formats.flatMap(({ jobs }) => jobs ?? [])) await run(scope, null);
    expect(ran).toContain("job");
  });
});
