import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { framerOf } from "../../../src/domain/releases/framing/framer.ts";
import { rpm } from "../../../src/formats/rpm/format.ts";
import { forgetIsolate } from "../../../src/lib/isolate.ts";
import { hive, issueLicense } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";

const PREMIUM = "llm-worker-rbee-premium-cpu";

const release = (worker_id: string, version: string) =>
  publishRelease({ worker_id, version, bytes: randomBytes(100), framer: framerOf(env, [rpm]) });

/** The credential of a machine of a new license. */
async function newMachine(): Promise<{ Authorization: string }> {
  const { key } = await issueLicense();
  return { Authorization: `Basic ${btoa(`box:${key}`)}` };
}

const ask = (path: string, headers: Record<string, string>) =>
  hive("GET", `/rpm/rbee-premium/x86_64/repodata/${path}`, { headers });

describe("the metadata of the premium RPM repository", () => {
  it("is sent whole to another license, whatever the date of the machine's copy", async () => {
    await release(PREMIUM, "1.0.0");
    const [mine, other] = [await newMachine(), await newMachine()];
    const first = await ask("repomd.xml", mine);
    expect(first.headers.get("Last-Modified")).toBeNull();
    const since = { "If-Modified-Since": new Date().toUTCString() };
    expect((await ask("repomd.xml", { ...other, ...since })).status).toBe(200);
    // The first request has given the machine its seat, which changes no bytes.
    const known = { "If-None-Match": first.headers.get("ETag") ?? "" };
    expect((await ask("repomd.xml", { ...mine, ...known })).status).toBe(304);
  });

  it("keeps an earlier list for the license that was told its name, and for no other", async () => {
    await release(PREMIUM, "1.0.0");
    const [mine, other] = [await newMachine(), await newMachine()];
    const repomd = await (await ask("repomd.xml", mine)).text();
    const [, list = ""] = /href="repodata\/([0-9a-f]{64}-primary\.xml\.gz)"/.exec(repomd) ?? [];
    await release(PREMIUM, "1.1.0");
    forgetIsolate();
    expect((await ask(list, other)).status).toBe(404);
    expect((await ask(list, mine)).status).toBe(200);
  });
});
