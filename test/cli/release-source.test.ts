import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { CatalogClient } from "../../src/cli/catalog-client.ts";
import { commitOfTag, makeSignedSource } from "../../src/cli/publish/source.ts";
import { verifySource } from "../../src/domain/releases/source/statement.ts";
import { generateMinisignKey } from "../../src/lib/minisign/secret-key.ts";

/** Real git and a repository in place of the one on GitHub. */
const REPOSITORY = "https://github.com/rbee-keeper/rbee.git";
let folder: string;
const git = (...args: string[]): string => execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" }).trim();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rbee-source-"));
  const commit = (message: string) =>
    git("-c", "user.name=a", "-c", "user.email=a@a.test", "commit", "-q", "--allow-empty", "-m", message);
  git("init", "-q", "-b", "development");
  commit("one");
  git("tag", "v1.0.0");
  git("-c", "user.name=a", "-c", "user.email=a@a.test", "tag", "-a", "-m", "annotated", "v1.1.0");
  commit("hostile");
  git("update-ref", "refs/pull/1/head", "HEAD");
  git("branch", "v1.0.0");
  git("branch", "v2.0.0");
  git("update-ref", "refs/heads/refs/tags/v3.0.0", "HEAD");
  git("update-ref", "refs/tags/x/refs/tags/v3.0.0", "HEAD");
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  vi.stubEnv("GIT_CONFIG_COUNT", "1");
  vi.stubEnv("GIT_CONFIG_KEY_0", `url.file://${folder}.insteadOf`);
  vi.stubEnv("GIT_CONFIG_VALUE_0", REPOSITORY);
});
afterEach(() => vi.unstubAllEnvs());

describe("the commit of a tag", () => {
  it.each(["v1.0.0", "v1.1.0"])("is that of exactly %s, of an annotated tag the commit that it names", async (tag) => {
    expect(await commitOfTag(REPOSITORY, tag)).toBe(git("rev-parse", "refs/tags/v1.0.0^{commit}"));
  });

  it.each(["v2.0.0", "v3.0.0", "v9.9.9", "*", "v1.?.0"])("is refused if the repository has no tag %s", async (tag) => {
    await expect(commitOfTag(REPOSITORY, tag)).rejects.toThrow(`has no tag ${tag}. Push the tag first`);
  });

  it.each(["ext::sh -c id", "--upload-pack=id", "file:///etc", "http://example.test/r.git", "git@github.com:a/b.git"])(
    "is asked of no repository at %s",
    async (repository) => {
      await expect(commitOfTag(repository, "v1.0.0")).rejects.toThrow("Only https is asked.");
    },
  );

  it("is refused with the way out if the repository does not answer", async () => {
    vi.stubEnv("GIT_CONFIG_KEY_0", "url.file:///nowhere.insteadOf");
    await expect(commitOfTag(REPOSITORY, "v1.0.0")).rejects.toThrow(/cannot be asked for its tags.*--source-commit/s);
  });
});

describe("a signed source", () => {
  const client = (source: object, id = "llm-worker-rbee-cpu"): CatalogClient => {
    const catalog = new CatalogClient({ url: "https://catalog.test" });
    vi.spyOn(catalog, "send").mockImplementation(async () => Response.json({ id, build: {}, source }));
    return catalog;
  };
  const wanted = { workerId: "cpu", version: "1.0.0", tag: "v1.0.0" };

  it("binds the tag's commit to the worker's id and version, and shows what is signed", async () => {
    const key = await generateMinisignKey();
    const notes: string[] = [];
    const source = await makeSignedSource(client({ type: "git", url: REPOSITORY }), key, wanted, (text) =>
      notes.push(text),
    );
    const commit = git("rev-parse", "refs/tags/v1.0.0^{commit}");
    expect(source).toMatchObject({ repository: REPOSITORY, tag: "v1.0.0", commit });
    const facts = { ...source, worker: "llm-worker-rbee-cpu", version: "1.0.0" };
    expect(await verifySource([key], facts)).toEqual({ ok: true, value: null });
    expect(notes).toEqual([
      `Signing the source of llm-worker-rbee-cpu 1.0.0: ${REPOSITORY}, tag v1.0.0, commit ${commit}`,
    ]);
  });

  it("takes a commit that the publisher knows, and asks nobody", async () => {
    vi.stubEnv("GIT_CONFIG_KEY_0", "url.file:///nowhere.insteadOf");
    const key = await generateMinisignKey();
    const commit = "a".repeat(40);
    const catalog = client({ type: "git", url: REPOSITORY });
    expect(await makeSignedSource(catalog, key, { ...wanted, commit }, () => {})).toMatchObject({ commit });
    await expect(makeSignedSource(catalog, key, { ...wanted, commit: "HEAD" }, () => {})).rejects.toThrow(
      "a whole commit id",
    );
  });

  it.each(["HEAD", "v1.0.1", "v1.0.0\ncommit: x", "refs/tags/v1.0.0"])("is refused for the tag %j", async (tag) => {
    const key = await generateMinisignKey();
    const catalog = client({ type: "git", url: REPOSITORY });
    const signing = makeSignedSource(catalog, key, { ...wanted, tag, commit: "a".repeat(40) }, () => {});
    await expect(signing).rejects.toThrow("This is not a tag of version 1.0.0.");
  });

  it("is refused if the catalog answers for another worker", async () => {
    const key = await generateMinisignKey();
    const catalog = client({ type: "git", url: REPOSITORY }, "llm-worker-rbee-cuda");
    await expect(makeSignedSource(catalog, key, wanted, () => {})).rejects.toThrow("instead of cpu");
  });

  it("is refused for a family, and names its workers", async () => {
    const key = await generateMinisignKey();
    const catalog = client({ type: "git", url: REPOSITORY });
    const variants = [{ id: "llm-worker-rbee-cpu" }, { id: "llm-worker-rbee-cuda" }];
    vi.spyOn(catalog, "send").mockImplementation(async () => Response.json({ id: "llm-worker-rbee", variants }));
    const signing = makeSignedSource(catalog, key, { ...wanted, workerId: "llm-worker-rbee" }, () => {});
    await expect(signing).rejects.toThrow("Name one of llm-worker-rbee-cpu, llm-worker-rbee-cuda.");
  });

  it("is refused for a worker that is not built from source", async () => {
    const key = await generateMinisignKey();
    const catalog = client({ type: "tarball", url: "https://example.test" });
    await expect(makeSignedSource(catalog, key, wanted, () => {})).rejects.toThrow("takes no --source-tag");
  });
});
