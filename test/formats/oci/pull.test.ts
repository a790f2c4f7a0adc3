import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { moveRelease } from "../../../src/domain/releases/act.ts";
import type { FramedRecord } from "../../../src/domain/releases/framing/framing.ts";
import { framedKey } from "../../../src/domain/releases/framing/record.ts";
import { generateMinisignKey } from "../../../src/lib/minisign/secret-key.ts";
import { currentTime } from "../../../src/lib/time.ts";
import { writeEdge } from "../../../src/platform/storage/edge-store.ts";
import { publish } from "../../../src/platform/storage/settle.ts";
import { publishers } from "../../../src/service.ts";
import { imageFile, publishImages, registryError } from "../../support/image-fixture.ts";
import { hive } from "../../support/license-fixture.ts";
import { publisher, sha256Hex } from "../../support/publish-release.ts";

const FREE = "llm-worker-rbee-cpu";
const AT = `/v2/rbee/${FREE}`;
const INDEX = "application/vnd.oci.image.index.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

type Descriptor = { digest: string; size: number; mediaType: string };
type Index = { manifests: (Descriptor & { platform: { architecture: string }; artifactType: string })[] };
type Manifest = { config: Descriptor; layers: Descriptor[]; subject?: Descriptor };

const get = (path: string, headers: Record<string, string> = {}) => hive("GET", path, { headers });
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

async function json<Document>(path: string, headers: Record<string, string> = {}): Promise<Document> {
  const response = await get(path, headers);
  expect([path, response.status]).toEqual([path, 200]);
  return response.json<Document>();
}

const tags = async () => (await json<{ tags: string[] }>(`${AT}/tags/list`)).tags;

async function move(id: string, action: "yank" | "block"): Promise<void> {
  await moveRelease(env.DB, publisher(), id, action, "because");
  await publish(env, publishers, { topic: "manifest", key: FREE }, []);
}

afterEach(() => vi.restoreAllMocks());

describe("a pull of a free worker", () => {
  it("gets the index by a tag, a manifest, the config and the layer, each with its digest, without a credential", async () => {
    await publishImages(FREE, "1.0.0");
    const answer = await get(`${AT}/manifests/latest`, { Accept: `${INDEX}, ${MANIFEST}` });
    expect(answer.headers.get("Content-Type")).toBe(INDEX);
    const text = await bytesOf(answer);
    expect(answer.headers.get("Docker-Content-Digest")).toBe(`sha256:${await sha256Hex(text)}`);
    const { manifests } = JSON.parse(new TextDecoder().decode(text)) as Index;
    expect(manifests.map(({ platform }) => platform)).toEqual([
      { architecture: "amd64", os: "linux" },
      { architecture: "arm64", os: "linux" },
    ]);
    for (const { digest, size, mediaType } of manifests) {
      const found = await get(`${AT}/manifests/${digest}`, { Accept: MANIFEST });
      expect(found.headers.get("Content-Type")).toBe(mediaType);
      const bytes = await bytesOf(found);
      expect([`sha256:${await sha256Hex(bytes)}`, bytes.length]).toEqual([digest, size]);
      const { config, layers } = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
      for (const one of [config, ...layers]) {
        const blob = await get(`${AT}/blobs/${one.digest}`);
        expect(blob.headers.get("Docker-Content-Digest")).toBe(one.digest);
        expect(blob.headers.get("Content-Length")).toBe(String(one.size));
        const content = await bytesOf(blob);
        expect([`sha256:${await sha256Hex(content)}`, content.length]).toEqual([one.digest, one.size]);
      }
    }
  });

  it("is the same by version, channel and digest, and HEAD has the headers of GET", async () => {
    await publishImages(FREE, "1.0.0");
    await publishImages(FREE, "1.1.0-rc.1");
    const [stable] = [await get(`${AT}/manifests/stable`)];
    const digest = stable.headers.get("Docker-Content-Digest") ?? "";
    for (const reference of ["latest", "1.0.0", digest]) {
      const head = await hive("HEAD", `${AT}/manifests/${reference}`);
      expect(head.status).toBe(200);
      for (const name of ["Docker-Content-Digest", "Content-Length", "Content-Type", "ETag"]) {
        expect([name, head.headers.get(name)]).toEqual([name, stable.headers.get(name)]);
      }
    }
    const candidate = (await get(`${AT}/manifests/rc`)).headers.get("Docker-Content-Digest");
    expect(candidate).not.toBe(digest);
    expect((await get(`${AT}/manifests/alpha`)).headers.get("Docker-Content-Digest")).toBe(candidate);
    await publishImages("llm-worker-rbee-cuda", "1.0.0-beta.1");
    const none = await registryError(await get("/v2/rbee/llm-worker-rbee-cuda/manifests/latest"));
    expect(none).toMatchObject({ code: "MANIFEST_UNKNOWN", message: "llm-worker-rbee-cuda has no stable release." });
    const again = await get(`${AT}/manifests/latest`, { "If-None-Match": stable.headers.get("ETag") ?? "" });
    expect(again.status).toBe(304);
  });

  it("resumes a layer, and HEAD of it reads nothing from R2", async () => {
    await publishImages(FREE, "1.0.0");
    const [amd64] = (await json<Index>(`${AT}/manifests/latest`)).manifests;
    const [layer] = (await json<Manifest>(`${AT}/manifests/${amd64?.digest}`)).layers;
    const path = `${AT}/blobs/${layer?.digest}`;
    const whole = await bytesOf(await get(path));
    const part = await get(path, { Range: "bytes=700-" });
    expect(part.status).toBe(206);
    expect(part.headers.get("Content-Range")).toBe(`bytes 700-${whole.length - 1}/${whole.length}`);
    expect(await bytesOf(part)).toEqual(whole.subarray(700));
    const beyond = await registryError(await get(path, { Range: "bytes=99999999-" }));
    expect(beyond).toMatchObject({ status: 416, code: "SIZE_INVALID" });
    const read = vi.spyOn(env.BINARIES, "get");
    const head = await hive("HEAD", path);
    expect([head.status, head.headers.get("Content-Length")]).toEqual([200, String(whole.length)]);
    expect(read).not.toHaveBeenCalled();
  });

  it("of a static build goes before one that needs a C library", async () => {
    const glibc = imageFile("linux-x86_64", { filename: "a-glibc", requires: { libc: { name: "glibc" } } });
    const musl = imageFile("linux-x86_64", { filename: "b-musl" });
    await publishImages(FREE, "1.0.0", { files: [glibc, musl] });
    const [amd64, ...others] = (await json<Index>(`${AT}/manifests/latest`)).manifests;
    expect(others).toEqual([]);
    const [layer] = (await json<Manifest>(`${AT}/manifests/${amd64?.digest}`)).layers;
    const text = new TextDecoder("latin1").decode(await bytesOf(await get(`${AT}/blobs/${layer?.digest}`)));
    expect(text).toContain("Published as: b-musl");
  });

  it("gives a client that takes no index the image for amd64, and refuses one that takes Docker's own types alone", async () => {
    await publishImages(FREE, "1.0.0");
    const [amd64] = (await json<Index>(`${AT}/manifests/latest`)).manifests;
    const answer = await get(`${AT}/manifests/latest`, { Accept: MANIFEST });
    expect(answer.headers.get("Docker-Content-Digest")).toBe(amd64?.digest);
    const old = await get(`${AT}/manifests/latest`, { Accept: "application/vnd.docker.distribution.manifest.v2+json" });
    expect(await registryError(old)).toMatchObject({ status: 404, code: "MANIFEST_UNKNOWN" });
  });
});

describe("the tags of a repository", () => {
  it("are its versions, channels and latest in the order of their bytes, page by page", async () => {
    await publishImages(FREE, "1.9.0");
    await publishImages(FREE, "1.10.0");
    await publishImages(FREE, "2.0.0-beta.1");
    const all = ["1.10.0", "1.9.0", "2.0.0-beta.1", "alpha", "beta", "latest", "rc", "stable"];
    expect(await tags()).toEqual(all);
    const paged: string[] = [];
    let path: string | undefined = `${AT}/tags/list?n=3`;
    while (path) {
      const response: Response = await get(path);
      paged.push(...(await response.json<{ tags: string[] }>()).tags);
      path = /^<(.+)>; rel="next"$/.exec(response.headers.get("Link") ?? "")?.[1];
    }
    expect(paged).toEqual(all);
    const none = await get(`${AT}/tags/list?n=0`);
    expect([await none.json(), none.headers.get("Link")]).toEqual([{ name: `rbee/${FREE}`, tags: [] }, null]);
    expect(await json(`${AT}/tags/list?last=latest`)).toMatchObject({ tags: ["rc", "stable"] });
    expect(await registryError(await get(`${AT}/tags/list?n=x`))).toMatchObject({ status: 400, code: "UNSUPPORTED" });
  });

  it("leave out a yanked version, which is still served by its name and digest, and a blocked one, which is not", async () => {
    await publishImages(FREE, "1.0.0");
    const yanked = await publishImages(FREE, "1.1.0");
    const digest = (await get(`${AT}/manifests/1.1.0`)).headers.get("Docker-Content-Digest");
    const [image] = (await json<Index>(`${AT}/manifests/1.1.0`)).manifests;
    const { config, layers } = await json<Manifest>(`${AT}/manifests/${image?.digest}`);
    await move(yanked.id, "yank");
    expect(await tags()).not.toContain("1.1.0");
    const latest = (await get(`${AT}/manifests/latest`)).headers.get("Docker-Content-Digest");
    expect(latest).toBe((await get(`${AT}/manifests/1.0.0`)).headers.get("Docker-Content-Digest"));
    for (const reference of ["1.1.0", digest]) expect((await get(`${AT}/manifests/${reference}`)).status).toBe(200);

    await move(yanked.id, "block");
    const paths = [
      ...["1.1.0", digest, image?.digest].map((reference) => `manifests/${reference}`),
      ...[config, ...layers].map((blob) => `blobs/${blob.digest}`),
      `referrers/${image?.digest}`,
    ];
    for (const path of paths) {
      const error = await registryError(await get(`${AT}/${path}`));
      expect([path, error.status, error.code, error.detail.code]).toEqual([path, 410, "DENIED", "RELEASE_BLOCKED"]);
      expect(error.message).toContain("has been withdrawn");
    }
  });
});

describe("a blob", () => {
  it("is unknown in another worker's repository", async () => {
    await publishImages(FREE, "1.0.0");
    await publishImages("llm-worker-rbee-cuda", "1.0.0");
    const [image] = (await json<Index>(`${AT}/manifests/latest`)).manifests;
    const { config, layers } = await json<Manifest>(`${AT}/manifests/${image?.digest}`);
    for (const { digest } of [config, ...layers]) {
      const error = await registryError(await get(`/v2/rbee/llm-worker-rbee-cuda/blobs/${digest}`));
      expect(error).toMatchObject({ status: 404, code: "BLOB_UNKNOWN" });
    }
  });

  it("that a blocked version shares with another one is opened by the other one's manifest alone", async () => {
    const first = await publishImages(FREE, "1.0.0", { files: [imageFile()] });
    const second = await publishImages(FREE, "1.1.0", { files: [imageFile()] });
    const key = framedKey("oci", FREE);
    const record = (await env.EDGE.get(key, "json")) as FramedRecord;
    const [shared] = record.files;
    const files = record.files.map((file) => ({ ...file, sha256: shared?.sha256, size: shared?.size }));
    const share = () => writeEdge(env.EDGE, key, { files }, currentTime());
    const status = async () => (await hive("HEAD", `${AT}/blobs/sha256:${shared?.sha256}`)).status;
    await move(second.id, "block");
    await share();
    expect(await status()).toBe(200);
    await move(first.id, "block");
    await share();
    expect(await status()).toBe(410);
  });
});

describe("the referrers of an image", () => {
  it("are the signature of its program, which is a blob of the repository", async () => {
    const secretKey = await generateMinisignKey();
    await publishImages(FREE, "1.0.0", { files: [imageFile("linux-x86_64", { secretKey })] });
    const [image] = (await json<Index>(`${AT}/manifests/latest`)).manifests;
    const path = `${AT}/referrers/${image?.digest}`;
    const answer = await get(path);
    expect(answer.headers.get("Content-Type")).toBe(INDEX);
    const { manifests } = await answer.json<Index>();
    const type = "application/vnd.rbee.minisign.signature";
    expect(manifests.map(({ artifactType }) => artifactType)).toEqual([type]);
    const referrer = await json<Manifest>(`${AT}/manifests/${manifests[0]?.digest}`);
    expect(referrer.subject?.digest).toBe(image?.digest);
    const [signature] = referrer.layers;
    expect(await (await get(`${AT}/blobs/${signature?.digest}`)).text()).toMatch(/^untrusted comment: /);
    expect(await (await get(`${AT}/blobs/${referrer.config.digest}`)).text()).toBe("{}");

    const filtered = await get(`${path}?artifactType=application/other`);
    expect(filtered.headers.get("OCI-Filters-Applied")).toBe("artifactType");
    expect((await filtered.json<Index>()).manifests).toEqual([]);
    expect((await json<Index>(`${path}?artifactType=${type}`)).manifests).toHaveLength(1);
  });

  it("of the index are those of all its images, and of an unknown digest none", async () => {
    await publishImages(FREE, "1.0.0");
    const index = (await get(`${AT}/manifests/latest`)).headers.get("Docker-Content-Digest");
    expect((await json<Index>(`${AT}/referrers/${index}`)).manifests).toEqual([]);
    expect((await json<Index>(`${AT}/referrers/sha256:${"0".repeat(64)}`)).manifests).toEqual([]);
    const error = await registryError(await get(`${AT}/referrers/latest`));
    expect(error).toMatchObject({ status: 400, code: "DIGEST_INVALID" });
  });
});

describe("what the registry does not have", () => {
  it("is told in its errors' form, with the codes of the specification", async () => {
    await publishImages(FREE, "1.0.0");
    const zeros = `sha256:${"0".repeat(64)}`;
    for (const [path, code] of [
      ["/v2/rbee/nothing/manifests/latest", "NAME_UNKNOWN"],
      ["/v2/rbee/cpu/tags/list", "NAME_UNKNOWN"],
      ["/v2/library/ubuntu/manifests/latest", "NAME_UNKNOWN"],
      [`${AT}/manifests/9.9.9`, "MANIFEST_UNKNOWN"],
      [`${AT}/manifests/${zeros}`, "MANIFEST_UNKNOWN"],
      [`${AT}/blobs/${zeros}`, "BLOB_UNKNOWN"],
    ] as const) {
      const response = await get(path);
      expect(response.headers.get("Content-Type")).toBe("application/json");
      expect([path, await registryError(response)]).toEqual([path, expect.objectContaining({ status: 404, code })]);
    }
  });

  it("is a push", async () => {
    for (const [method, path] of [
      ["POST", `${AT}/blobs/uploads/`],
      ["PUT", `${AT}/manifests/latest`],
      ["DELETE", `${AT}/manifests/latest`],
    ] as const) {
      expect(await registryError(await hive(method, path))).toMatchObject({ status: 405, code: "UNSUPPORTED" });
    }
  });
});
