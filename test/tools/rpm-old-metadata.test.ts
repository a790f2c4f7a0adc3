import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listedPackage } from "../../src/formats/rpm/lists.ts";
import { repoFile } from "../../src/formats/rpm/repo-file.ts";
import { listFile, repodataOf, VALID } from "../../src/formats/rpm/repomd.ts";
import { armorSignatures } from "../../src/lib/openpgp/armor.ts";
import { armorCertificates } from "../../src/lib/openpgp/public-key.ts";
import { generateOpenPgpKey, SIGNATURE_TYPE, signData, signingKey } from "../../src/lib/openpgp/signature.ts";
import { currentTime, HOUR } from "../../src/lib/time.ts";
import { factsOf, framed } from "../formats/rpm/package/framed.ts";
import { serve } from "../support/node/http-server.ts";
import { installed } from "../support/node/installed.ts";
import type { Run } from "../support/node/ordinary-user.ts";
import { dnf, zypper } from "../support/node/rpm-machines.ts";
import { userNamespaces } from "../support/node/user-namespace.ts";

/** A copy of a repository's metadata that somebody plays back, as the real dnf and zypper meet it. */
const hasNamespaces = userNamespaces();
const TOOLS = [dnf, zypper].filter(({ name }) => installed(name, "rpm", "gpg") && hasNamespaces);

const PROGRAM = new Uint8Array(Buffer.from("#!/bin/sh\n"));
const outcome = ({ code, stdout, stderr }: Run) => `${code}\n${stdout}${stderr}`;

describe.skipIf(TOOLS.length === 0)("RPM metadata", () => {
  const files = new Map<string, Uint8Array | string>();
  let server: Awaited<ReturnType<typeof serve>>;

  /** Serves the free repository as it was at a time. */
  async function serveAsOf(at: number): Promise<void> {
    const { certificate, seed } = await generateOpenPgpKey("packages <packages@example.com>", at - HOUR);
    const key = await signingKey(certificate, seed);
    const listed = listedPackage(await framed(factsOf(PROGRAM), PROGRAM));
    const { repomd, lists } = await repodataOf(listed ? [listed] : [], at);
    const purpose = { type: SIGNATURE_TYPE.binary, at, validSeconds: VALID };
    const repodata = "/rpm/rbee/x86_64/repodata";
    files.clear();
    files.set("/rpm/rbee.repo", repoFile(server.url));
    files.set(`${repodata}/repomd.xml`, repomd);
    files.set(`${repodata}/repomd.xml.asc`, armorSignatures([await signData(key, purpose, Buffer.from(repomd))]));
    for (const path of [`${repodata}/repomd.xml.key`, "/keys/packages.asc"]) {
      files.set(path, armorCertificates([certificate]));
    }
    for (const list of lists) files.set(`${repodata}/${listFile(list)}`, list.bytes);
  }

  beforeAll(async () => {
    server = await serve((request, response) => {
      const file = files.get(request.url ?? "");
      response.writeHead(file === undefined ? 404 : 200).end(request.method === "HEAD" ? undefined : file);
    });
  });
  afterAll(() => server?.close());

  it.each(TOOLS)("is taken by $name for a week, and refused afterwards", async (tool) => {
    const ask = async (at: number) => {
      await serveAsOf(at);
      const machine = await tool.machine(server.url, null);
      const refreshed = outcome(await machine.refresh());
      return { refreshed, found: (await machine.search("worker")).stdout.includes("llm-worker-rbee-cpu") };
    };
    expect(await ask(currentTime() - VALID + HOUR)).toMatchObject({ found: true });
    expect(await ask(currentTime() - VALID - HOUR)).toEqual({
      refreshed: expect.stringMatching(
        /GPG signature verification error|Signature verification failed for repomd\.xml/,
      ),
      found: false,
    });
  });
});
