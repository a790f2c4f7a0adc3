import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { createRelease } from "../../../src/domain/releases/act.ts";
import { requestCheck } from "../../../src/domain/releases/artifact/check-store.ts";
import { declareArtifact, restartUpload } from "../../../src/domain/releases/artifact/upload.ts";
import { attachProvenance } from "../../../src/domain/releases/provenance/store.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { configOf } from "../../../src/platform/config/config.ts";
import { act, read, send, signedIn } from "../../support/console-admin.ts";
import { find } from "../../support/html-document.ts";
import { count, issueLicense } from "../../support/license-fixture.ts";
import { expectLogged } from "../../support/logged.ts";
import { PGP_SIGNATURE, packageFile } from "../../support/package-fixture.ts";
import { provenanceOf } from "../../support/provenance-text.ts";
import { declarationOf, publisher, publishRelease, randomBytes } from "../../support/publish-release.ts";
import { download, record } from "../../support/usage-fixture.ts";

const WORKER = "llm-worker-rbee-premium-cuda";

/** A published release of a premium worker. */
const released = (version = "1.0.0", worker_id = WORKER) =>
  publishRelease({ worker_id, version, files: [{ bytes: randomBytes(1000) }] });

const statusOf = (id: string) =>
  env.DB.prepare("SELECT status FROM releases WHERE id = ?").bind(id).first<string>("status");

describe("releases in the console", () => {
  it("the list is filtered by worker and status, and links to pages with files and use", async () => {
    const { id } = await released("1.0.0");
    await released("0.1.0", "llm-worker-rbee-cpu");
    const browser = await signedIn(["releases:read"]);
    expect(await read(browser, "/admin/releases")).toContain(`/admin/releases/${id}`);
    expect(await read(browser, `/admin/releases?worker_id=${WORKER}&status=`)).not.toContain("0.1.0");
    expect(await read(browser, "/admin/releases?worker_id=&status=blocked")).toContain("No release matches");
    const page = await read(browser, `/admin/releases/${id}`);
    for (const part of ["Published", "Checked", "linux-x86_64", "Downloads in 30 days: 0"])
      expect(page).toContain(part);
    expect(page).not.toContain(`/admin/releases/${id}/block`);
  });

  it("a page shows each file with its kind and signatures, and the provenance", async () => {
    const { id, artifacts } = await publishRelease({
      worker_id: WORKER,
      version: "1.0.0",
      files: [
        { bytes: randomBytes(1000), secretKey: await generateMinisignKey() },
        packageFile(WORKER, "1.0.0", "linux-x86_64", { pgpSignature: PGP_SIGNATURE }),
      ],
    });
    const browser = await signedIn(["releases:read"]);
    const path = `/admin/releases/${id}`;
    const rows = async () => (await find(new Response(await read(browser, path)), "tbody td")).map(({ text }) => text);
    expect(await rows()).toEqual(expect.arrayContaining(["Binary", "minisign", "pacman package", "OpenPGP"]));
    expect(await read(browser, path)).toContain("None is attached.");
    const text = new TextEncoder().encode(provenanceOf(...artifacts));
    await attachProvenance(env, configOf(env), publisher(), id, new Uint8Array(text).buffer);
    const page = await read(browser, path);
    expect(page).toContain(`href="/v1/workers/${WORKER}/1.0.0/provenance"`);
    expect(page).toContain("about worker-linux-x86_64, ");
  });

  it("a page shows how far the check of each large file is", async () => {
    const { id } = await createRelease(env.DB, publisher(), {
      ...{ worker_id: WORKER, version: "1.0.0", channel: "stable", notes: null },
    });
    const { artifact } = await declareArtifact(env, publisher(), id, await declarationOf({ bytes: randomBytes(1000) }));
    const browser = await signedIn(["releases:read"]);
    const page = () => read(browser, `/admin/releases/${id}`);
    expect(await page()).toContain("Not uploaded yet");
    await requestCheck(env.DB, publisher(), artifact, { signature: null, pgpSignature: null });
    await env.DB.prepare("UPDATE artifact_checks SET checked = 379").run();
    expect(await page()).toContain("Being checked, 37% done");
    await env.DB.prepare("UPDATE artifact_checks SET progressed_at = 0").run();
    expect(await page()).toContain("The check stopped at 37%");
    await restartUpload(env, publisher(), artifact, "wrong sha256");
    expect(await page()).toContain("Refused by the check");
  });

  it("block: the preview shows the affected licenses, and it cannot be undone", async () => {
    const { id } = await released();
    const { id: licenseId } = await issueLicense();
    await issueLicense();
    await record(...[1, 2].map((link) => download(link, { worker_id: WORKER, license_id: licenseId })));
    const browser = await signedIn(["releases:write", "releases:withdraw"]);
    const { preview, response } = await act(browser, `/admin/releases/${id}/block`, { reason: "CVE-2026-1" });
    expect(preview).toContain("downloaded 2 times in the last 30 days, by 1 license");
    expect(preview).toContain("available to 2 licenses in force");
    expect(preview).toContain("usually within 40 seconds");
    expect(response.headers.get("Location")).toBe(`/admin/releases/${id}?done=block&edge=published`);
    expect(await read(browser, `/admin/releases/${id}?done=block`)).toContain("The release is blocked.");
    expect(await statusOf(id)).toBe("blocked");
    expect(await count("audit", "action = 'release.block' AND reason = 'CVE-2026-1'")).toBe(1);
    expect((await send(browser, `/admin/releases/${id}/unyank`, { reason: "r" })).status).toBe(409);
  });

  it("the audience counts only licenses that grant the release", async () => {
    const { id } = await released("2.0.0");
    await issueLicense({ plan: "premium-lifetime" });
    await issueLicense({ plan: "premium-monthly" });
    const browser = await signedIn();
    const { preview } = await act(browser, `/admin/releases/${id}/block`, { reason: "r" });
    expect(preview).toContain("available to 1 license in force");
  });

  it("the audience of a free worker is everybody", async () => {
    const { id } = await released("0.1.0", "llm-worker-rbee-cpu");
    const { preview } = await act(await signedIn(), `/admin/releases/${id}/block`, { reason: "r" });
    expect(preview).toContain("available to everybody");
  });

  it("yank and unyank change the list", async () => {
    const { id } = await released();
    const browser = await signedIn(["releases:write", "releases:withdraw"]);
    await act(browser, `/admin/releases/${id}/yank`, { reason: "slow" });
    expect(await statusOf(id)).toBe("yanked");
    await act(browser, `/admin/releases/${id}/unyank`, { reason: "not that slow" });
    expect(await statusOf(id)).toBe("published");
  });

  it("a pending edge copy is shown as a warning", async () => {
    const { id } = await released();
    const browser = await signedIn(["releases:write", "releases:withdraw"]);
    vi.spyOn(env.EDGE, "put").mockRejectedValueOnce(new Error("KV PUT failed: 500"));
    const { response } = await act(browser, `/admin/releases/${id}/block`, { reason: "r" });
    const page = await read(browser, response.headers.get("Location") ?? "");
    expect(page).toContain("The release is blocked.");
    expect(page).toContain("Downloads do not have this change yet");
    expectLogged("publication.failed");
  });

  it("delete: a draft is deleted, a published release is not", async () => {
    const draft = { worker_id: WORKER, version: "3.0.0", channel: "stable" as const, notes: null };
    const { id } = await createRelease(env.DB, publisher(), draft);
    const browser = await signedIn(["releases:write", "releases:withdraw"]);
    expect(await read(browser, `/admin/releases/${id}`)).toContain(`/admin/releases/${id}/delete`);
    const { preview, response } = await act(browser, `/admin/releases/${id}/delete`, { reason: "wrong branch" });
    expect(preview).toContain("Version 3.0.0 can be drafted again.");
    expect(await read(browser, response.headers.get("Location") ?? "")).toContain("The draft is deleted.");
    expect(await statusOf(id)).toBeNull();
    expect(await count("audit", "action = 'release.delete' AND reason = 'wrong branch'")).toBe(1);
    const { id: offered } = await released();
    expect(await read(browser, `/admin/releases/${offered}`)).not.toContain("/delete");
    expect((await send(browser, `/admin/releases/${offered}/delete`, { reason: "r" })).status).toBe(409);
    expect(await statusOf(offered)).toBe("published");
  });

  it("publish: a release without its files is refused", async () => {
    const draft = { worker_id: WORKER, version: "3.0.0", channel: "stable" as const, notes: "<img src=x>" };
    const { id } = await createRelease(env.DB, publisher(), draft);
    const browser = await signedIn(["releases:write", "releases:withdraw"]);
    const page = await read(browser, `/admin/releases/${id}`);
    expect(page).toContain("&lt;img");
    expect(page).not.toContain("<img");
    const response = await send(browser, `/admin/releases/${id}/publish`, { reason: "r" });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("without files");
  });
});
