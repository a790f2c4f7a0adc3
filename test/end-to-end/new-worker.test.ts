import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makepkgMissing } from "../support/node/makepkg.ts";
import { runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { launch, ready, type Server } from "./development-server.ts";
import { freePort } from "./free-port.ts";
import { PROJECT } from "./program-run.ts";
import { type Catalog, catalogIn } from "./running-catalog.ts";

/** Adds two workers to a copy of the repository, by doing what docs/catalog.md says, and nothing else. */
const FREE = "code-worker-rbee-cpu";
const PREMIUM = "sd-worker-rbee-premium-cuda";

const guide = readFileSync(join(PROJECT, "docs/catalog.md"), "utf8");

/** The code blocks of a step of "Adding a worker", in order. */
function blocksOf(step: number): string[] {
  const text =
    guide
      .split("## Adding a worker")[1]
      ?.split(/^\*\*\d+\. /m)
      [step]?.split("\n### ")[0] ?? "";
  const blocks = [...text.matchAll(/^```(?:sh|ts)\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  if (blocks.length === 0) throw new Error(`docs/catalog.md has no step ${step} with code`);
  return blocks;
}

/** Everything that is made, of this machine or of no use to a server. */
const LEFT_OUT = /^(node_modules|\.git|\.dev|\.wrangler|\.dev\.vars|dist|clients|docs\/screenshots)(\/|$)/;

const folder = mkdtempSync(join(tmpdir(), "rbee-new-worker-"));
const project = join(folder, "project");
let server: Server | null = null;
let catalog: Catalog;

/** Runs commands of the guide in the copy. Throws with their output if one fails. */
const shell = async (commands: string): Promise<string> =>
  (await promisify(execFile)("sh", ["-euc", commands], { cwd: project })).stdout;

function change(file: string, edit: (text: string) => string): void {
  const path = join(project, file);
  writeFileSync(path, edit(readFileSync(path, "utf8")));
}

/** Makes the `.SRCINFO` files that the commands of step 2 make, where an ordinary user may. */
async function makeSrcinfo(commands: string): Promise<void> {
  for (const [, recipe = "", target = ""] of commands.matchAll(/^makepkg --printsrcinfo -p (\S+) >(\S+)$/gm)) {
    const directory = workDirectory();
    cpSync(join(project, "pkgbuilds", recipe), join(directory, recipe));
    const { code, stdout, stderr } = await runAsUser(directory, ["makepkg", "--printsrcinfo", "-p", recipe], {
      CARCH: "x86_64",
    });
    expect(code, stderr).toBe(0);
    writeFileSync(join(project, "pkgbuilds", target), stdout);
  }
}

const get = async (path: string): Promise<unknown> => {
  const response = await fetch(`${catalog.url}${path}`);
  expect(response.status, path).toBe(200);
  return response.json();
};

const idsOf = async (path: string): Promise<string[]> => {
  const { workers } = (await get(path)) as { workers: { id: string }[] };
  return workers.map(({ id }) => id);
};

describe.skipIf(makepkgMissing !== null)("docs/catalog.md alone", () => {
  beforeAll(async () => {
    cpSync(PROJECT, project, { recursive: true, filter: (path) => !LEFT_OUT.test(relative(PROJECT, path)) });
    symlinkSync(join(PROJECT, "node_modules"), join(project, "node_modules"));

    await shell(blocksOf(1).join("\n"));
    await makeSrcinfo(blocksOf(2).join("\n"));
    const families = blocksOf(3).join("\n");
    change("src/domain/workers/families.ts", (text) =>
      text
        .replace("/** Every family,", () => `${families}\n/** Every family,`)
        .replace(" } as const satisfies", ", codeWorker, premiumSdWorker } as const satisfies"),
    );
    const [imports = "", rows = ""] = blocksOf(4);
    change("src/domain/workers/rows.ts", (text) => `${imports}${text.replace(/\];\s*$/, () => `${rows}];\n`)}`);

    const data = join(folder, "data");
    server = await ready(launch(data, await freePort(), project));
    catalog = await catalogIn(data);
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("adds both to every list, with the facts of their own, as not released", async () => {
    for (const id of [FREE, PREMIUM]) {
      expect(await idsOf("/workers")).toContain(id);
      expect(await idsOf("/v1/workers")).toContain(id);
      expect(await get(`/v1/workers/${id}/versions`)).toMatchObject({ latest: null, versions: [] });
    }
    const free = await get(`/v1/workers/${FREE}`);
    expect(free).toMatchObject({ variant: "code-cpu", kind: "llm", tier: "free", max_context_length: 8_192 });
    expect(free).toMatchObject({ released: false, version: "0.1.0", name: "Code Worker (CPU)" });
    const premium = await get(`/v1/workers/${PREMIUM}`);
    expect(premium).toMatchObject({ variant: "sd-premium-cuda", kind: "image", tier: "premium", released: false });
    expect(premium).toMatchObject({ supported_formats: ["safetensors"], version: "0.0.0", requires_license: true });
    expect(premium).not.toHaveProperty("max_context_length");
    const families = (await get("/v2/workers")) as { workers: { id: string }[] };
    expect(families.workers.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["code-worker-rbee", "sd-worker-rbee-premium"]),
    );
  });

  it("adds them to searches", async () => {
    expect(await idsOf("/v1/workers?kind=image&tier=premium")).toEqual([PREMIUM]);
    expect(await idsOf("/v1/workers?q=code")).toEqual([FREE]);
    expect(await idsOf("/v1/workers?platform=windows-x86_64&kind=llm")).toContain(FREE);
  });

  it("adds them to the repositories of package managers", async () => {
    const query = `arg[]=${FREE}&arg[]=${PREMIUM}`;
    expect(await get(`/rpc?v=5&type=info&${query}`)).toMatchObject({
      results: [
        { Name: FREE, Version: "0.1.0-1" },
        { Name: PREMIUM, Version: "0.0.0-1" },
      ],
    });
    for (const id of [FREE, PREMIUM]) expect((await fetch(`${catalog.url}/${id}.git/info/refs`)).status).toBe(200);
  });

  it("makes the plans sell the premium one, and lets it be published and installed", async () => {
    const { plans } = (await get("/v1/plans")) as { plans: { entitlements: string[] }[] };
    for (const { entitlements } of plans) expect(entitlements).toContain("sd-worker-rbee-premium-*");
    const file = join(folder, `${PREMIUM}-linux-x86_64`);
    writeFileSync(file, readFileSync(join(catalog.folder, "llm-worker-rbee-premium-cpu-linux-x86_64")));
    await catalog.publish(PREMIUM, "1.0.0", [file]);
    expect(await get(`/v1/workers/${PREMIUM}`)).toMatchObject({ released: true, version: "1.0.0", latest: "1.0.0" });
    const { key } = await catalog.issue("premium-trial");
    const token = await catalog.activate(key, "the-test's-machine");
    const download = `${catalog.url}/v1/workers/sd-premium-cuda/latest/download?platform=linux-x86_64`;
    const answer = await fetch(download, { headers: { Authorization: `Bearer ${token}` } });
    expect(await answer.json()).toMatchObject({ filename: `${PREMIUM}-linux-x86_64` });
    expect((await fetch(download)).status).toBe(401);
    const page = await (await fetch(`${catalog.url}/w/${PREMIUM}`, { headers: { Accept: "text/html" } })).text();
    expect(page).toContain("Premium SD Worker (CUDA)");
    expect(page).toContain("/install.sh");
    expect(await (await fetch(`${catalog.url}/workers/${PREMIUM}/PKGBUILD`)).text()).toContain("\npkgver=1.0.0\n");
  });

  it("breaks no test of the workers", async () => {
    const commands = [
      ...blocksOf(5)
        .join("")
        .matchAll(/^npx vitest .*$/gm),
    ].map(([command]) => command);
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(await shell(command)).toMatch(/Tests .*passed/);
  });
});
