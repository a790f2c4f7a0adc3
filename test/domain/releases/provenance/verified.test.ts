import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { app } from "../../../../src/app.ts";
import type { ActorName } from "../../../../src/platform/storage/ledger.ts";
import { codeOf, makeToken } from "../../../support/admin-request.ts";
import { provenanceOf } from "../../../support/provenance-text.ts";
import { publishRelease } from "../../../support/publish-release.ts";
import { get, listing, newPublisher, ready, releaseOf, worker_id } from "../../../support/release-requests.ts";
import { type Claimed, signedProvenance } from "../../../support/signed-provenance.ts";

let token = "";
let actor: ActorName = "system";
beforeEach(async () => {
  await newPublisher();
  const made = await makeToken(["releases:write"]);
  token = made.token;
  actor = `token:${made.record.id}`;
});

/** Sends a request of a publisher to a catalog that trusts `root`. */
async function send(method: string, path: string, body: string, more: object = {}): Promise<Response> {
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(method === "POST" && { "Content-Type": "application/json" }),
  };
  const request = new Request(`https://catalog.test/v1/admin/releases${path}`, { method, headers, body });
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, ...more }, context);
  await waitOnExecutionContext(context);
  return response;
}

type Attested = { id: string; artifacts: readonly { filename: string; sha256: string }[] };

/** Attaches provenance of a release's files that the named run has signed. */
async function attach({ id, artifacts }: Attested, claimed: Claimed = {}) {
  const { root, bundle } = await signedProvenance(artifacts, claimed);
  return send("PUT", `/${id}/provenance`, bundle, { PROVENANCE_TRUSTED_ROOTS: root });
}

const publish = (id: string, more: object = {}) => send("POST", `/${id}/publish`, "{}", more);

/** Names a publisher of the worker, as an owner does. The ids are those of the signed runs. */
const name = (more: Record<string, string> = {}) => {
  const row = {
    ...{ id: "pub_1", provider: "github", issuer: "https://token.actions.githubusercontent.com" },
    ...{ repository: "rbee-keeper/rbee", repository_id: "1001", repository_owner_id: "2002" },
    ...{ workflow: ".github/workflows/release.yml", refs: '["refs/tags/v*"]' },
    ...{ worker_ids: '["llm-worker-rbee-premium-*"]', created_at: "1", last_change: "chg_1", ...more },
  };
  return env.DB.prepare(
    `INSERT INTO publishers (${Object.keys(row).join(", ")}) VALUES (${Object.keys(row)
      .map(() => "?")
      .join(", ")})`,
  )
    .bind(...Object.values(row))
    .run();
};

const VERIFIED = {
  verified: true,
  reason: null,
  repository: "https://github.com/rbee-keeper/rbee",
  workflow: ".github/workflows/release.yml",
  ref: "refs/tags/v1.0.0",
  commit: "2a1e0c5b7d3f4e6a8b9c0d1e2f3a4b5c6d7e8f90",
  run: "https://github.com/rbee-keeper/rbee/actions/runs/123456/attempts/1",
};

describe("provenance that a workflow run has signed", () => {
  it("is verified, and is shown as verified with its repository, workflow, commit and run", async () => {
    const draft = await ready();
    expect((await releaseOf(attach(draft))).provenance).toMatchObject(VERIFIED);
    const published = await releaseOf(publish(draft.id));
    expect(published.provenance).toMatchObject(VERIFIED);
    const { versions } = await listing();
    expect(versions[0]).toMatchObject({ provenance: VERIFIED });
    const page = await (
      await app.fetch(new Request(`https://catalog.test/w/${worker_id}`), env, createExecutionContext())
    ).text();
    expect(page).toContain("Verified build");
  });

  it("is attached and not verified if its instance is not trusted, or if nobody has signed it", async () => {
    const draft = await ready();
    const { bundle } = await signedProvenance(draft.artifacts);
    const untrusted = (await releaseOf(send("PUT", `/${draft.id}/provenance`, bundle))).provenance;
    expect(untrusted).toMatchObject({
      verified: false,
      repository: null,
      reason: expect.stringContaining("No trusted"),
    });
    const unsigned = (await releaseOf(send("PUT", `/${draft.id}/provenance`, provenanceOf(...draft.artifacts))))
      .provenance;
    expect(unsigned).toMatchObject({ verified: false, reason: expect.stringContaining("not a Sigstore bundle") });
    expect((await publish(draft.id)).status).toBe(200);
    const { versions } = await listing();
    expect(versions[0]).toMatchObject({ provenance: { verified: false } });
  });

  it("of other files is refused", async () => {
    const draft = await ready();
    const { id, artifacts } = draft;
    const other = artifacts.map((file) => ({ ...file, sha256: "cd".repeat(32) }));
    expect(await codeOf(await attach({ id, artifacts: other }))).toBe("VALIDATION_FAILED");
  });

  it("counts only if it is by a publisher of the worker, once an owner has named one", async () => {
    await name();
    const draft = await ready();
    const reasonOf = async (claimed: Claimed) => (await releaseOf(attach(draft, claimed))).provenance?.reason;
    expect(await reasonOf({})).toBeNull();
    // Made again by somebody else under the same name: the id is another.
    expect(await reasonOf({ repository_id: "9999" })).toContain("repository id 9999");
    const elsewhere = "https://github.com/rbee-keeper/rbee/.github/workflows/ci.yml@refs/tags/v1.0.0";
    expect(await reasonOf({ config: elsewhere })).toContain("ci.yml");
    expect(await reasonOf({ ref: "refs/heads/main" })).toContain("refs/heads/main");
    expect(await reasonOf({ trigger: "pull_request_target" })).toContain("pull_request_target");
    // Renamed: the id is the same.
    const renamed = "https://github.com/rbee-keeper/workers";
    expect(
      await reasonOf({ repository: renamed, config: `${renamed}/.github/workflows/release.yml@refs/tags/v1.0.0` }),
    ).toBeNull();
  });

  it("is decided anew at publication, by the publishers of then", async () => {
    const draft = await ready();
    expect((await releaseOf(attach(draft))).provenance?.verified).toBe(true);
    await name({ repository_id: "7777" });
    expect((await releaseOf(publish(draft.id))).provenance).toMatchObject({ verified: false });
    expect((await releaseOf(get(`/${draft.id}`))).provenance).toMatchObject({ verified: false });
  });
});

describe("a worker that needs verified provenance", () => {
  const NEEDED = { PROVENANCE_REQUIRED: "llm-worker-rbee-premium-*" };

  it("publishes nothing without it, and says why", async () => {
    const draft = await ready();
    const detailOf = async () => (await (await publish(draft.id, NEEDED)).json<{ detail: string }>()).detail;
    expect(await detailOf()).toContain("no owner has named a publisher");
    await name();
    expect(await detailOf()).toContain("the release has none");
    await send("PUT", `/${draft.id}/provenance`, provenanceOf(...draft.artifacts));
    expect(await detailOf()).toContain("not a Sigstore bundle");
    await attach(draft, { repository_id: "9999" });
    expect(await detailOf()).toContain("repository id 9999");
    await attach(draft);
    expect((await publish(draft.id, NEEDED)).status).toBe(200);
  });
});

describe("a published release", () => {
  it("gains provenance of any signer from its publisher alone, and that of a named publisher from others too", async () => {
    const strangers = await publishRelease({ worker_id, version: "1.0.0" });
    const refused = await send("PUT", `/${strangers.id}/provenance`, provenanceOf(...strangers.artifacts));
    expect([refused.status, await codeOf(refused)]).toEqual([409, "CONFLICT"]);
    // Everybody can download the files and attest them in a repository of their own.
    const repository = "https://github.com/mallory/rbee";
    const config = `${repository}/.github/workflows/release.yml@refs/tags/v1.0.0`;
    expect(await codeOf(await attach(strangers, { repository, config }))).toBe("CONFLICT");
    await name();
    expect(await codeOf(await attach(strangers, { repository, config, repository_id: "9999" }))).toBe("CONFLICT");
    expect((await releaseOf(attach(strangers))).provenance).toMatchObject(VERIFIED);
    const own = await publishRelease({ actor, worker_id, version: "1.1.0" });
    expect((await send("PUT", `/${own.id}/provenance`, provenanceOf(...own.artifacts))).status).toBe(200);
    // It was published before that was recorded with it: the audit trail tells.
    const old = await publishRelease({ actor, worker_id, version: "1.2.0" });
    const older = await publishRelease({ worker_id, version: "1.3.0" });
    await env.DB.prepare("UPDATE releases SET published_by = NULL").run();
    expect((await send("PUT", `/${old.id}/provenance`, provenanceOf(...old.artifacts))).status).toBe(200);
    expect((await send("PUT", `/${older.id}/provenance`, provenanceOf(...older.artifacts))).status).toBe(409);
  });

  it("keeps its provenance, which is verified later if a root or a publisher was missing", async () => {
    const release = await publishRelease({ actor, worker_id, version: "1.0.0" });
    const { root, bundle } = await signedProvenance(release.artifacts);
    const at = `/${release.id}/provenance`;
    expect((await releaseOf(send("PUT", at, bundle))).provenance?.verified).toBe(false);
    const trusting = { PROVENANCE_TRUSTED_ROOTS: root };
    expect((await releaseOf(send("PUT", at, bundle, trusting))).provenance?.verified).toBe(true);
    expect((await releaseOf(send("PUT", at, bundle))).provenance?.verified).toBe(true);
    expect(await codeOf(await attach(release))).toBe("CONFLICT");
  });
});
