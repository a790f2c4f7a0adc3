import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { signRelease } from "../../src/cli/sign/sign.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";
import { temporaryFolder } from "../support/node/temporary-folder.ts";

const BYTES = "the bytes of a catalog in the hands of a thief";
const SUM = createHash("sha256").update(BYTES).digest("hex");
const ARTIFACT = {
  ...{ id: "art_1", kind: "binary", platform: "linux-x86_64", filename: "worker-linux-x86_64", size: BYTES.length },
  ...{ sha256: SUM, state: "ready", signature: null, pgp_signature: null },
};
const DRAFT = {
  ...{ id: "rel_1", worker_id: "llm-worker-rbee-cpu", version: "1.4.0", channel: "stable", status: "draft" },
  ...{ source_tag: null, provenance: null, last_change: "chg_1", artifacts: [ARTIFACT] },
};
const named = { workerId: "cpu", version: "1.4.0" };

afterEach(() => vi.restoreAllMocks());

/** Reviews a draft as a catalog answers with it, in a folder. Returns the review; the holder does not agree. */
async function review(folder: string, release: object, source: object = {}): Promise<string | null> {
  const client = new CatalogClient({ url: "https://catalog.test" });
  vi.spyOn(client, "send").mockImplementation(async ({ path }) => {
    if (path.endsWith("/content")) return new Response(BYTES, { status: 206 });
    const worker = { id: "llm-worker-rbee-cpu", build: {}, source };
    return Response.json(path.startsWith("/v1/workers/") ? worker : { release });
  });
  let seen: string | null = null;
  const confirm = async (text: string) => {
    seen = text;
    return false;
  };
  const secretKey = await generateMinisignKey();
  const place = { releaseId: "rel_1", folder: join(folder, "drafts", "rel_1"), named };
  await signRelease(client, { ...place, secretKey, expected: null, confirm });
  return seen;
}

describe("signing a draft of a hostile catalog", () => {
  it("shows the named draft before anything is signed", async () => {
    expect(await review(await temporaryFolder(), DRAFT)).toContain(SUM);
  });

  it.each([
    ["worker", { worker_id: "llm-worker-rbee-premium-cuda" }],
    ["version", { version: "9.9.9" }],
    ["id", { id: "rel_2" }],
  ])("is refused if the %s is another one than the holder named", async (_name, changes) => {
    const folder = await temporaryFolder();
    await expect(review(folder, { ...DRAFT, ...changes })).rejects.toThrow("another release than the named one");
  });

  it.each([
    ["a name with folders", { filename: "x/../../../escaped" }],
    ["a name with a tab", { filename: "worker\tversion:9.9.9" }],
    ["a hidden name", { filename: ".profile" }],
    ["a sum with folders", { sha256: "../../escaped" }],
  ])("is refused for %s, and writes no file", async (_name, changes) => {
    const folder = await temporaryFolder();
    const draft = { ...DRAFT, artifacts: [{ ...ARTIFACT, ...changes }] };
    await expect(review(folder, draft)).rejects.toThrow("unsafe name or sum");
    expect([readdirSync(folder), existsSync(join(folder, "..", "escaped"))]).toEqual([[], false]);
  });

  it("takes the commit of a tag from the repository, and not from the draft", async () => {
    const folder = await temporaryFolder();
    const source = { repository: "https://x.test", tag: "v1.4.0", commit: "a".repeat(40), signature: "s" };
    // This address answers nothing, so the command has to ask for the commit.
    const repository = { type: "git", url: "https://127.0.0.1:1/r.git" };
    const reviewed = review(folder, { ...DRAFT, source_tag: "v1.4.0", source }, repository);
    await expect(reviewed).rejects.toThrow("cannot be asked for its tags");
  });
});
