import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { service } from "../../src/app.ts";
import { framingsOf } from "../../src/domain/catalog/format.ts";
import { framedFacts } from "../../src/domain/releases/framing/facts.ts";
import { framerOf } from "../../src/domain/releases/framing/framer.ts";
import type { FramedFile } from "../../src/domain/releases/framing/framing.ts";
import { framedFromLedger } from "../../src/domain/releases/framing/ledger.ts";
import { LONGEST_INDEX } from "../../src/domain/releases/framing/package-work.ts";
import { framedKey, framedOfRecord } from "../../src/domain/releases/framing/record.ts";
import { readFramed } from "../../src/domain/releases/framing/stream.ts";
import { beginSummation, type SavedSummation } from "../../src/domain/releases/framing/summation.ts";
import type { Release } from "../../src/domain/releases/store.ts";
import { workers } from "../../src/domain/workers/workers.ts";
import { publishRelease, randomBytes, sha256Hex } from "../support/publish-release.ts";

const framer = framerOf(env, service.formats);
const linux = workers.filter(({ operatingSystems }) => operatingSystems.includes("linux"));

async function served(file: FramedFile, { artifacts }: Release): Promise<Uint8Array<ArrayBuffer>> {
  const stored = artifacts.find(({ filename }) => filename === file.stored);
  const open = async (key: string, range: { offset: number; length: number }) => {
    const object = await env.BINARIES.get(key, { range });
    if (!object) throw new Error(`lost ${key}`);
    return object.body;
  };
  const body = await readFramed(open, file, stored?.object_key ?? "", { offset: 0, length: file.size });
  return new Uint8Array(await new Response(body).arrayBuffer());
}

describe.each(framingsOf(service.formats))("the framing $name", (framing) => {
  const { name, architectures } = framing;
  const platforms = [...new Set(Object.values(architectures))];

  it("frames each worker's binaries of odd sizes for its platforms, as they are served and published", async () => {
    const names = new Set<string>();
    for (const [index, { id }] of linux.entries()) {
      const files = platforms.map((platform, at) => ({
        ...{ bytes: randomBytes(1000 + 511 * index + at), platform, filename: `${id}-${platform}`, framer },
      }));
      const version = index % 2 === 0 ? `1.2.${index}` : `2.0.0-rc.${index}`;
      const release = await publishRelease({ worker_id: id, version, files });
      const record = await framedFromLedger(env.DB, name, id);
      expect(record.files).toHaveLength(platforms.length);
      expect(framedOfRecord(await env.EDGE.get(framedKey(name, id), "json"))).toEqual(record);
      for (const file of record.files) {
        const whole = await served(file, release);
        expect([whole.length, await sha256Hex(whole)]).toEqual([file.size, file.sha256]);
        expect(file.filename).toMatch(/^[\w.+~-]+$/);
        expect(JSON.stringify([file.index, file.layout]).length).toBeLessThan(LONGEST_INDEX / 2);
        names.add(file.filename);
      }
    }
    expect(names.size).toBe(linux.length * platforms.length);
  });

  it("gives the same package when it is made in one go, and when it continues after each slice", async () => {
    for (const worker of [linux[0], linux.at(-1)]) {
      const platform = platforms[0];
      if (!worker || !platform) throw new Error("the table has no such worker");
      const bytes = randomBytes(2000);
      const sum = await sha256Hex(bytes);
      const file = {
        filename: "worker",
        size: bytes.length,
        sha256: sum,
        signature: null,
        requires: null,
        created_at: 1,
      };
      const release = { version: "1.2.0", source_repository: null, source_tag: null, source_commit: null };
      const facts = framedFacts(worker, release, { ...file, platform }, await framer.publishing(), null);
      const sumIn = async (slice: number) => {
        let summation = await beginSummation([framing], facts, framer.signer, {});
        for (let hasMore = true; hasMore; hasMore = await summation.endPass()) {
          for (let at = 0; at < bytes.length; at += slice) {
            summation.update(bytes.subarray(at, at + slice));
            const saved = JSON.parse(JSON.stringify(summation.save())) as SavedSummation;
            summation = await beginSummation([framing], facts, framer.signer, {}, { saved, at: saved.at });
          }
        }
        return summation.packages();
      };
      const [whole] = await sumIn(bytes.length);
      expect(whole).toMatchObject({ format: framing.name, size: expect.any(Number) });
      expect(await sumIn(299)).toEqual([whole]);
    }
  });
});
