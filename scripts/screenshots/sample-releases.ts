import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { CatalogClient } from "../../src/cli/catalog-client.ts";
import { publishRelease } from "../../src/cli/publish/publish.ts";
import { readReleaseFile } from "../../src/cli/publish/release-file.ts";
import { Release } from "../../src/cli/release-view.ts";
import type { MinisignSecretKey } from "../../src/lib/minisign/secret-key.ts";
import { sampleWorker } from "../development/sample-worker.ts";

const CPU = "llm-worker-rbee-premium-cpu";
const CUDA = "llm-worker-rbee-premium-cuda";

type SampleBuild = { name: string; requires?: string };
type SampleRelease = { workerId: string; version: string; notes: string; builds?: readonly SampleBuild[] };

const PLAIN: readonly SampleBuild[] = [{ name: "" }];
const PLAIN_AND_AVX512: readonly SampleBuild[] = [
  ...PLAIN,
  {
    name: "-avx512",
    requires: '{"cpu_features": ["avx512f", "avx512bw"], "libc": {"name": "glibc", "version": "2.31"}}',
  },
];

const RELEASES: readonly SampleRelease[] = [
  { workerId: "llm-worker-rbee-cpu", version: "0.2.0", notes: "Reads models of the Qwen 3 family." },
  { workerId: CPU, version: "1.0.1", notes: "Fixes a crash on machines without AVX2." },
  { workerId: CPU, version: "1.1.0", notes: "Answers up to four requests at once." },
  {
    workerId: CPU,
    version: "1.2.0",
    notes:
      "Prompts are processed 1.6 times as fast on machines with AVX-512.\n\n- `--threads` takes `auto`\n- the first token comes sooner after a pause\n- fixes an answer that stopped at an emoji",
    builds: PLAIN_AND_AVX512,
  },
  { workerId: CPU, version: "2.0.0-rc.1", notes: "A first look at version 2: models larger than memory." },
  { workerId: CUDA, version: "1.2.0", notes: "Uses two graphics cards as one." },
];

const Answer = z.looseObject({ release: Release });

/** The ids of releases in every state. */
export type SampleReleases = { published: string; draft: string; yanked: string; blocked: string };

type Publisher = { client: CatalogClient; releaseKey: MinisignSecretKey; folder: string };

/** Publishes more versions than a development catalog has. Yanks one, blocks one and drafts one. */
export async function publishSamples({ client, releaseKey, folder }: Publisher): Promise<SampleReleases> {
  const ids = new Map<string, string>();
  for (const { workerId, version, notes, builds } of RELEASES) {
    const files = [];
    for (const { name, requires } of builds ?? PLAIN) {
      const path = join(folder, `${workerId}-${version}${name}-linux-x86_64`);
      await writeFile(path, await sampleWorker({ id: workerId, version }), { mode: 0o755 });
      const read = { workerId, version, platform: undefined, secretKey: releaseKey, requires };
      files.push(await readReleaseFile(path, read));
    }
    const release = { workerId, version, channel: undefined, notes, files };
    const published = await publishRelease(client, release);
    ids.set(`${workerId} ${version}`, published.release.id);
  }
  const idOf = (version: string): string => ids.get(`${CPU} ${version}`) ?? "";
  const act = (id: string, action: string, reason: string): Promise<Response> =>
    client.send({ method: "POST", path: `/v1/admin/releases/${id}/${action}`, body: { reason } });
  await act(idOf("1.1.0"), "yank", "crashes on start with glibc before 2.38");
  await act(idOf("1.0.1"), "block", "a model file could overwrite memory");
  const { release } = await client.json(Answer, {
    method: "POST",
    path: "/v1/admin/releases",
    body: { worker_id: CUDA, version: "1.3.0", notes: "Half the memory for long conversations." },
  });
  return { published: idOf("1.2.0"), draft: release.id, yanked: idOf("1.1.0"), blocked: idOf("1.0.1") };
}
