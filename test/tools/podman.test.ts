import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type FlakyProxy, startFlakyProxy } from "../end-to-end/flaky-proxy.ts";
import { type Catalog, catalogIn } from "../end-to-end/running-catalog.ts";
import { sharedCatalog } from "../end-to-end/shared-catalog.ts";
import { type ContainerUser, hasNamespaces, newContainerUser, runImage } from "../support/node/containers.ts";
import { installed } from "../support/node/installed.ts";
import { type Run, runAsUser, workDirectory } from "../support/node/ordinary-user.ts";
import { staticProgram } from "../support/node/static-program.ts";

/** The registry of a running catalog, as the real tools use it. No other suite uses these workers. */
const FREE = "sd-worker-rbee-cpu";
const PREMIUM = "llm-worker-rbee-premium-cuda";
const PLATFORM = process.arch === "arm64" ? "linux-aarch64" : "linux-x86_64";
const STATIC = ["--requires", '{"libc":{"name":"musl"}}'];

const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;

let catalog: Catalog;
let proxy: FlakyProxy;
let host: string;

/** Publishes a static program that prints its name and version. */
async function release(worker: string, version: string): Promise<void> {
  const file = join(workDirectory(), `${worker}-${PLATFORM}`);
  writeFileSync(file, staticProgram(PLATFORM, `${worker} ${version}\n`, 60_000));
  await catalog.publish(worker, version, [file], ...STATIC);
}

const image = (worker: string, tag?: string) => `${host}/rbee/${worker}${tag ? `:${tag}` : ""}`;
const printed = async (user: ContainerUser, name: string) => {
  const { code, stdout, stderr } = await runImage(user, name, "--version");
  return code === 0 ? stdout : stderr;
};

/** A person who is logged in with a key, as docker, podman and skopeo keep it. */
async function loggedIn(key: string, machine = "box"): Promise<ContainerUser> {
  const user = await newContainerUser(host);
  expect(outcome(await user.podman("login", "-u", machine, "-p", key, host))).toMatch(/^0\nLogin Succeeded/);
  return user;
}

const tools = installed("podman", "skopeo");

beforeAll(async () => {
  if (!tools) return;
  const shared = await sharedCatalog();
  proxy = await startFlakyProxy(Number(new URL(shared.url).port));
  catalog = await catalogIn(shared.folder, proxy.url);
  host = new URL(proxy.url).host;
  await release(FREE, "0.90.0");
  await release(PREMIUM, "1.90.0");
  await release(PREMIUM, "2.90.0");
});

afterAll(() => proxy?.close());

beforeEach(() => {
  if (!tools) return;
  proxy.fate = () => "pass";
  proxy.log.length = 0;
});

describe.skipIf(!tools || !hasNamespaces())("podman", () => {
  it("finds, pulls and runs a free worker, follows its tag to a newer version, and pins an older one", async () => {
    const user = await newContainerUser(host);
    expect(outcome(await user.podman("search", `${host}/rbee`))).toContain(image(FREE));
    expect(outcome(await user.podman("pull", image(FREE)))).toMatch(/^0\n/);
    expect(await printed(user, image(FREE))).toBe(`${FREE} 0.90.0\n`);

    await release(FREE, "0.91.0");
    expect(outcome(await user.podman("pull", image(FREE)))).toMatch(/^0\n/);
    expect(await printed(user, image(FREE))).toBe(`${FREE} 0.91.0\n`);
    expect(outcome(await user.podman("pull", image(FREE, "0.90.0")))).toMatch(/^0\n/);
    expect(await printed(user, image(FREE, "0.90.0"))).toBe(`${FREE} 0.90.0\n`);
  });

  it("logs in with a machine and a key, and pulls and runs the versions that the license covers", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    const user = await loggedIn(key);
    expect(outcome(await user.podman("pull", image(PREMIUM)))).toMatch(/^0\n/);
    expect(await printed(user, image(PREMIUM))).toBe(`${PREMIUM} 1.90.0\n`);
    const uncovered = await user.podman("pull", image(PREMIUM, "2.90.0"));
    expect(outcome(uncovered)).toMatch(/^125\n[\s\S]*denied: The license does not cover 2\.90\.0/);
  });

  it("fails to log in with a wrong key", async () => {
    const user = await newContainerUser(host);
    const wrong = await user.podman("login", "-u", "box", "-p", "rbee_lic_0", host);
    expect(outcome(wrong)).toMatch(/^125\n[\s\S]*invalid username\/password/);
  });

  it("is told why it is refused: no license, a full one, a revoked one", async () => {
    const anonymous = await newContainerUser(host);
    const refused = await anonymous.podman("pull", image(PREMIUM));
    expect(outcome(refused)).toMatch(/^125\n[\s\S]*unauthorized: llm-worker-rbee-premium-cuda needs a license/);

    const trial = await catalog.issue("premium-trial");
    const first = await loggedIn(trial.key, "first");
    expect(outcome(await first.podman("pull", image(PREMIUM)))).toMatch(/^0\n/);
    const second = await (await loggedIn(trial.key, "second")).podman("pull", image(PREMIUM));
    expect(outcome(second)).toMatch(/^125\n[\s\S]*denied: [^\n]*machine/);

    expect(await catalog.admin("license", "revoke", trial.id, "--reason", "test")).toMatchObject({ code: 0 });
    expect(outcome(await first.podman("pull", image(PREMIUM)))).toMatch(/^125\n[\s\S]*denied: [^\n]*revoked/);
    expect(outcome(await first.podman("pull", image(FREE)))).toMatch(/^0\n/);
  });

  it("refuses an altered layer and an altered manifest, and begins a broken layer again", async () => {
    const user = await newContainerUser(host);
    for (const [part, words] of [
      ["/blobs/", /^125\n[\s\S]*digest/],
      ["/manifests/sha256:", /^125\n[\s\S]*(?:manifest|digest)/],
    ] as const) {
      proxy.fate = (_, path) => (path.includes(part) ? "alter" : "pass");
      expect(outcome(await user.podman("pull", image(FREE, "0.90.0")))).toMatch(words);
    }
    proxy.fate = (_, path) => (path.includes("/blobs/") ? { cutAfter: 20_000 } : "pass");
    expect(outcome(await user.podman("pull", image(FREE, "0.90.0")))).toMatch(/^125\n[\s\S]*unexpected EOF/);
    proxy.fate = () => "pass";
    expect(outcome(await user.podman("pull", image(FREE, "0.90.0")))).toMatch(/^0\n/);
    expect(await printed(user, image(FREE, "0.90.0"))).toBe(`${FREE} 0.90.0\n`);
  });
});

describe.skipIf(!tools || !installed("curl", "minisign", "tar"))("a blob", () => {
  it("is resumed by curl, and holds the program whose signature is among the image's referrers", async () => {
    const { home } = await newContainerUser(host);
    const at = `${proxy.url}/v2/rbee/${FREE}`;
    const json = async (path: string) => (await fetch(`${at}/${path}`)).json();
    const { manifests } = (await json("manifests/0.90.0")) as { manifests: { digest: string }[] };
    const digest = manifests[0]?.digest;
    const { layers } = (await json(`manifests/${digest}`)) as { layers: { digest: string }[] };
    const curl = (name: string, blob?: string) =>
      runAsUser(home, ["curl", "-fsS", "-C", "-", "-o", `tmp/${name}`, `${at}/blobs/${blob}`]);
    proxy.fate = () => ({ cutAfter: 20_000 });
    expect((await curl("layer.tar", layers[0]?.digest)).code).not.toBe(0);
    proxy.fate = () => "pass";
    expect(await curl("layer.tar", layers[0]?.digest)).toMatchObject({ code: 0 });
    expect(proxy.log.at(-1)).toMatch(/ bytes=20000-$/);
    const referrers = (await json(`referrers/${digest}`)) as { manifests: { digest: string }[] };
    const signature = (await json(`manifests/${referrers.manifests[0]?.digest}`)) as { layers: { digest: string }[] };
    expect(await curl("program.minisig", signature.layers[0]?.digest)).toMatchObject({ code: 0 });
    const keys = await (await fetch(`${proxy.url}/keys/release-signing.pub`)).text();
    const key = keys.split("\n").find((line) => line.startsWith("RW")) ?? "";
    const check = `cd tmp && tar -xOf layer.tar usr/bin/${FREE} > program && minisign -V -P ${key} -m program`;
    expect(outcome(await runAsUser(home, ["sh", "-c", check]))).toMatch(/^0\nSignature and comment signature verified/);
  });
});

describe.skipIf(!tools)("skopeo", () => {
  it("lists the tags that a license covers, inspects an image and copies it with its digest", async () => {
    const { key } = await catalog.issue("premium-lifetime");
    const user = await loggedIn(key);
    const listed = await user.skopeo("list-tags", `docker://${image(PREMIUM)}`);
    const { Tags } = JSON.parse(listed.stdout) as { Tags: string[] };
    expect(Tags).toEqual(expect.arrayContaining(["1.90.0", "latest", "stable"]));
    expect(Tags).not.toContain("2.90.0");
    const inspected = await user.skopeo("inspect", `docker://${image(PREMIUM, "1.90.0")}`);
    const { Digest, Labels } = JSON.parse(inspected.stdout) as { Digest: string; Labels: Record<string, string> };
    expect(Labels["org.opencontainers.image.version"]).toBe("1.90.0");
    const pinned = `docker://${host}/rbee/${PREMIUM}@${Digest}`;
    expect(outcome(await user.skopeo("copy", "--all", pinned, `dir:${user.home}/tmp/copy`))).toMatch(/^0\n/);
  });
});

describe.skipIf(!tools || !installed("docker"))("docker's client without a daemon", () => {
  it("logs in, reads manifests, and shows why it is refused", async () => {
    const { id, key } = await catalog.issue("premium-lifetime");
    const user = await newContainerUser(host);
    const login = (password: string) => user.docker("login", "-u", "box", "-p", password, host);
    const inspect = (worker: string) => user.docker("manifest", "inspect", "--insecure", image(worker));
    // Debian 12's docker 20.10 pulls images by an index of OCI's, but `docker manifest` does not know its type.
    const [, major = ""] = /version (\d+)\./.exec((await user.docker("--version")).stdout) ?? [];
    const isIndex =
      Number(major) >= 23 ? /^0\n[\s\S]*vnd\.oci\.image\.index\.v1\+json/ : /^1\nno such manifest: [^\n]*:latest\n$/;
    expect(outcome(await inspect(FREE))).toMatch(isIndex);
    expect(outcome(await login("rbee_lic_0"))).toMatch(/^1\n[\s\S]*unauthorized: This is not a license key/);
    expect(outcome(await login(key))).toMatch(/^0\nLogin Succeeded/);
    expect(outcome(await inspect(PREMIUM))).toMatch(isIndex);
    expect(await catalog.admin("license", "revoke", id, "--reason", "test")).toMatchObject({ code: 0 });
    expect(outcome(await inspect(PREMIUM))).toMatch(/^1\n[\s\S]*denied: [^\n]*revoked/);
    expect(outcome(await login(key))).toMatch(/^1\n[\s\S]*denied: [^\n]*revoked/);
  });
});
