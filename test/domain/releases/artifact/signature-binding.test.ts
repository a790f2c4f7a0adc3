import { env } from "cloudflare:workers";
import { blake2b } from "@noble/hashes/blake2.js";
import { beforeEach, describe, expect, it } from "vitest";
import { createRelease, moveRelease } from "../../../../src/domain/releases/act.ts";
import type { SignaturePolicy } from "../../../../src/domain/releases/artifact/check.ts";
import { runCheckStep } from "../../../../src/domain/releases/artifact/check-run.ts";
import { requestCheck } from "../../../../src/domain/releases/artifact/check-store.ts";
import { completeArtifact } from "../../../../src/domain/releases/artifact/completion.ts";
import { readUpload, recordPart } from "../../../../src/domain/releases/artifact/store.ts";
import { declareArtifact } from "../../../../src/domain/releases/artifact/upload.ts";
import { contentsDigest } from "../../../../src/domain/releases/package-format.ts";
import type { Release } from "../../../../src/domain/releases/store.ts";
import { pacman } from "../../../../src/formats/arch/pacman.ts";
import { formatMinisignSignature } from "../../../../src/lib/minisign/minisign.ts";
import { generateMinisignKey, signMinisign } from "../../../../src/lib/minisign/secret-key.ts";
import { packageFile } from "../../../support/package-fixture.ts";
import {
  addFile,
  declarationOf,
  publisher,
  randomBytes,
  type TestFile,
  uploadAll,
} from "../../../support/publish-release.ts";

const key = await generateMinisignKey();
const OPTIONAL: SignaturePolicy = { required: false, keys: [key] };
const REQUIRED: SignaturePolicy = { required: true, keys: [key] };
const BOUND: SignaturePolicy = { ...REQUIRED, bound: true };
const CPU = "llm-worker-rbee-premium-cpu";
const FILE = "worker-linux-x86_64";

let bytes = randomBytes(1000);
beforeEach(() => {
  bytes = randomBytes(1000);
});

const draft = (version: string, worker_id = CPU): Promise<Release> =>
  createRelease(env.DB, publisher(), { worker_id, version, channel: "stable", notes: null });
const sign = async (comment: string, over = bytes) =>
  formatMinisignSignature(await signMinisign(key, new Uint8Array(blake2b(over)), comment));

/** Adds a file to a draft and completes it with this signature; returns its state, or the message of the refusal. */
async function complete(
  { id }: Release,
  signature: string | null,
  { policy = OPTIONAL, ...file }: Partial<TestFile> & { policy?: SignaturePolicy } = {},
): Promise<string> {
  const declared = await declarationOf({ bytes, ...file });
  const { artifact } = await declareArtifact(env, publisher(), id, declared, [pacman]);
  await uploadAll(artifact, bytes);
  const given = { signature, policy };
  return completeArtifact(env, publisher(), { releaseId: id, id: artifact.id }, given).then(
    (completed) => completed.artifact.state,
    ({ code, extras }) => {
      expect([code, extras.errors.map(({ path }: { path: string }) => path)]).toEqual([
        "VALIDATION_FAILED",
        ["signature"],
      ]);
      return extras.errors[0].message;
    },
  );
}

describe("the signature of a file", () => {
  it("is refused for another version, worker or file than it names", async () => {
    const release = await draft("1.0.20");
    const ours = `file:${FILE}\tworker:${CPU}\tversion:1.0.20`;
    for (const [comment, reason] of [
      [`file:${FILE}\tworker:${CPU}\tversion:1.0.0`, "version 1.0.0, but this is version 1.0.20"],
      [ours.replace("-cpu", "-cuda"), "worker llm-worker-rbee-premium-cuda, but this is worker"],
      [ours.replace("x86_64", "aarch64"), "file worker-linux-aarch64, but this is file"],
      ["timestamp:1795392000\tfile:other-linux-x86_64\thashed", "file other-linux-x86_64, but"],
      [`${ours}\tversion:1.0.0`, "version 1.0.0, but"],
      [`${ours}\tplatform:macos-aarch64`, "platform macos-aarch64, but"],
      [`${ours}\tchannel:beta`, "channel beta, but"],
    ] as const) {
      expect(await complete(release, await sign(comment))).toContain(reason);
    }
    expect(await complete(release, await sign(ours))).toBe("ready");
  });

  it("is accepted without worker and version, unless the deployment demands them", async () => {
    const comment = `timestamp:1795392000\tfile:${FILE}\thashed`;
    expect(await complete(await draft("1.0.0"), await sign(comment), { policy: BOUND })).toContain(
      "does not name its worker, version. Sign the file again",
    );
    expect(await complete(await draft("1.0.1"), await sign(comment), { policy: REQUIRED })).toBe("ready");
    bytes = randomBytes(1000);
    expect(await complete(await draft("1.0.2"), await sign(""), { policy: OPTIONAL })).toBe("ready");
  });

  it("that names no worker and version is refused for the bytes of another release, in any state", async () => {
    const old = await draft("1.0.0");
    const stock = await sign(`timestamp:1\tfile:${FILE}\thashed`);
    expect(await complete(old, stock)).toBe("ready");
    for (const release of [await draft("1.0.20"), await draft("1.0.0", "llm-worker-rbee-cpu")]) {
      expect(await complete(release, stock)).toContain(`${CPU} 1.0.0 has the same file, and the signature does not`);
      expect(await complete(release, await sign(`file:${FILE}\tversion:1.0.20`))).toContain("1.0.0");
    }
    const named = await draft("1.0.21");
    expect(await complete(named, await sign(`worker:${CPU}\tversion:1.0.21`))).toBe("ready");
  });

  it("is checked before the job of a large file is asked for", async () => {
    const { id } = await draft("2.0.0");
    const size = 64 * 1024 * 1024;
    const declared = { ...(await declarationOf({ bytes })), size };
    const { artifact } = await declareArtifact(env, publisher(), id, declared, []);
    for (let part = 1; part <= 8; part++) await recordPart(env.DB, artifact, { part, etag: "etag", size: 8_388_608 });
    const at = { releaseId: id, id: artifact.id };
    const wrong = completeArtifact(env, publisher(), at, { signature: await sign("version:1.9.9"), policy: OPTIONAL });
    await expect(wrong).rejects.toMatchObject({ code: "VALIDATION_FAILED", detail: /version 1\.9\.9, but/ });
    expect(await env.DB.prepare("SELECT count(*) AS n FROM artifact_checks").first("n")).toBe(0);
  });
});

it("the job refuses a signature for another version that an earlier service accepted, and keeps the bytes", async () => {
  const { id } = await draft("2.1.0");
  const { artifact } = await declareArtifact(env, publisher(), id, await declarationOf({ bytes }), []);
  await uploadAll(artifact, bytes);
  const checkWith = async (signature: string) => {
    await requestCheck(env.DB, publisher(), artifact, { signature, pgpSignature: null });
    while (await runCheckStep(env, artifact.id, REQUIRED, { plan: { slice: 100, step: 300 } }));
    const now = await readUpload(env.DB, id, artifact.id);
    return now.check?.problem?.detail ?? now.artifact.state;
  };
  expect(await checkWith(await sign("version:0.9.0"))).toContain("version 0.9.0, but this is version 2.1.0");
  expect(await checkWith(await sign("version:2.1.0"))).toBe("ready");
});

describe("the signature of a package", () => {
  const packed = () => packageFile(CPU, "3.0.0", "linux-x86_64", { bytes });
  const names = `worker:${CPU}\tversion:3.0.0`;

  it("covers the declared contents, and is refused for any others", async () => {
    const file = packed();
    if (!file.contents) throw new Error("a package has contents");
    const { pkginfo, files } = file.contents;
    const genuine = await contentsDigest(file.contents);
    const release = await draft("3.0.0");
    for (const other of [
      { pkginfo: `${pkginfo}\noptdepend = other`, files },
      { pkginfo, files: [...files, "usr/bin/"] },
      { pkginfo, files: files.toReversed() },
    ]) {
      const signature = await sign(`${names}\tcontents:${await contentsDigest(other)}`);
      expect(await complete(release, signature, file)).toContain("other contents of the package than the declared");
    }
    expect(await complete(release, await sign(`${names}\tcontents:`), file)).toContain("other contents");
    expect(await complete(release, await sign(`${names}\tcontents:${genuine}`), file)).toBe("ready");
  });

  it("must cover them where signatures are required", async () => {
    const { filename } = packed();
    const signature = await sign(`file:${filename}\t${names}`);
    const release = await draft("3.0.0");
    for (const policy of [REQUIRED, BOUND]) {
      expect(await complete(release, signature, { ...packed(), policy })).toContain("does not cover the declared");
    }
    expect(await complete(release, signature, packed())).toBe("ready");
  });

  it("does not depend on the order of the declaration's members", async () => {
    const digest = await contentsDigest({ pkginfo: "a", files: ["b"] });
    expect(await contentsDigest({ files: ["b"], pkginfo: "a" })).toBe(digest);
    // printf '{"files":["b"],"pkginfo":"a"}' | sha256sum
    expect(digest).toBe("6e3cda5f146889e15fa9ddd12820846b9dbc121d6bf8e2bd439fc249a6c6dbc7");
  });
});

describe("a draft whose file an earlier version of the service accepted", () => {
  const publish = ({ id }: Release, policy: SignaturePolicy) =>
    moveRelease(env.DB, publisher(), id, "publish", null, {
      policy,
      formats: [pacman],
      provenance: { PROVENANCE_REQUIRED: [] },
    }).then(
      ({ row }) => row.status,
      ({ code, detail }) => `${code}: ${detail}`,
    );
  const forge = (release: Release, column: string, value: string) =>
    env.DB.prepare(`UPDATE artifacts SET ${column} = ? WHERE release_id = ?`).bind(value, release.id).run();

  it("is not published with a signature for something else, or for bytes of another release", async () => {
    const release = await draft("1.0.20");
    await addFile(release.id, { bytes, secretKey: key });
    for (const [comment, reason] of [
      [`worker:${CPU}\tversion:1.0.0`, /^CONFLICT: worker-linux-x86_64: .*version 1\.0\.0, but.*Remove it/],
      ["worker:llm-worker-rbee-cpu", /worker llm-worker-rbee-cpu, but/],
    ] as const) {
      await forge(release, "signature", await sign(comment));
      expect(await publish(release, OPTIONAL)).toMatch(reason);
    }
    await forge(release, "signature", await sign(""));
    await addFile((await draft("1.0.0")).id, { bytes });
    expect(await publish(release, OPTIONAL)).toContain("1.0.0 has the same file");
  });

  it("is not published where the rules have become stricter, or its key is trusted no more", async () => {
    const release = await draft("1.1.0");
    await addFile(release.id, { bytes, secretKey: key });
    await forge(release, "signature", await sign(`file:${FILE}`));
    expect(await publish(release, BOUND)).toContain("does not name its worker, version");
    expect(await publish(release, { required: true, keys: [] })).toContain("which is not trusted");
    const unsigned = await draft("1.2.0");
    await addFile(unsigned.id, { bytes: randomBytes(10) });
    expect(await publish(unsigned, REQUIRED)).toContain("A minisign signature is required.");
    expect(await publish(release, REQUIRED)).toBe("published");
    // A release that is published stays so, and says so.
    expect(await publish(release, BOUND)).toBe("published");
  });

  it("is published if its signatures name it and cover its package", async () => {
    const release = await draft("3.0.0");
    await addFile(release.id, { bytes, secretKey: key });
    await addFile(release.id, packageFile(CPU, "3.0.0", "linux-x86_64", { secretKey: key }));
    expect(await publish(release, BOUND)).toBe("published");
  });

  it("is not published with a package that today's rules refuse", async () => {
    const release = await draft("3.1.0");
    await addFile(release.id, packageFile(CPU, "3.1.0"));
    await env.DB.prepare(
      "UPDATE package_contents SET text = replace(text, 'llm-worker-rbee-premium-cpu', 'glibc')",
    ).run();
    expect(await publish(release, OPTIONAL)).toContain("pkgname is glibc");
  });
});
