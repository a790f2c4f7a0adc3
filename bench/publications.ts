import { randomFillSync } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as z from "zod";
import { CatalogClient, type CatalogRequest } from "../src/cli/catalog-client.ts";
import { publishRelease } from "../src/cli/publish/publish.ts";
import { readReleaseFile } from "../src/cli/publish/release-file.ts";
import type { MinisignSecretKey } from "../src/lib/minisign/secret-key.ts";
import type { Harness } from "./harness.ts";
import { createOwnerToken } from "./sample-licenses.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** The publications of large files by name, and the sizes of their files in bytes. */
export const PUBLICATIONS = { publish_1gib: GIB, publish_8gib: 8 * GIB } as const;
export type PublicationName = keyof typeof PUBLICATIONS;
export const PUBLICATION_NAMES = Object.keys(PUBLICATIONS) as PublicationName[];

/** The publication of a whole run. The largest takes minutes and runs only when it is named. */
export const USUAL_PUBLICATION: PublicationName = "publish_1gib";

/** The measured parts of a publication. */
export type Publication = {
  name: PublicationName;
  size: number;
  seconds: { read: number; upload: number; check: number };
  /**
   * MiB per second of CPU, or null if the system does not report that. `check`: of all of workerd, R2 included.
   * `floor`: the same for a bare Worker that only reads the file. `hashing`: of the rest, which is the Worker's own.
   */
  mibPerCpuSecond: { check: number; floor: number; hashing: number } | null;
};

const FILENAME = "worker-linux-x86_64";

/** A client that notes the moments at which the upload is complete and the check has passed. */
class TimedClient extends CatalogClient {
  readonly moments: Moment[] = [];
  moment: () => Moment = () => ({ at: 0, cpu: null });

  override exchange<Schema extends z.ZodType>(
    schema: Schema,
    request: CatalogRequest,
  ): Promise<{ answer: z.output<Schema>; retryAfter: string | null }> {
    if (/\/(complete|publish)$/.test(request.path)) this.moments.push(this.moment());
    return super.exchange(schema, request);
  }
}

type Moment = { at: number; cpu: number | null };

/**
 * Publishes a file by the command's own code, like a publisher: read and signed, uploaded in parts, checked by the
 * service, published. The file is sparse, with random bytes at its ends and around 4 GiB. Throws if the service refuses
 * it.
 */
export async function measurePublication(
  harness: Pick<Harness, "ports" | "usage" | "ledger" | "askBare">,
  secretKey: MinisignSecretKey,
  name: PublicationName,
): Promise<Publication> {
  const size = PUBLICATIONS[name];
  const folder = await mkdtemp(join(tmpdir(), "rbee-bench-publication-"));
  const moment = (): Moment => ({ at: performance.now(), cpu: harness.usage?.cpuSeconds() ?? null });
  try {
    const path = join(folder, FILENAME);
    const end = await writeSparse(path, size);
    const url = `http://127.0.0.1:${harness.ports.catalog}`;
    const client = new TimedClient({ url, credential: await createOwnerToken(harness.ledger) });
    client.moment = moment;
    const about = { workerId: "llm-worker-rbee-cpu", version: `1.0.${size / GIB}` };
    const begun = moment();
    const files = [await readReleaseFile(path, { ...about, platform: undefined, secretKey })];
    const read = moment();
    await publishRelease(client, { ...about, channel: undefined, notes: undefined, files });
    const [uploaded, checked] = [client.moments[0] ?? begun, client.moments.at(-1) ?? begun];
    await requireEnd(`${url}/v1/workers/${about.workerId}/${about.version}/files/${FILENAME}`, size, end);
    const floor = { from: moment(), to: await readBare(harness).then(moment) };
    const seconds = (from: Moment, to: Moment) => (to.at - from.at) / 1000;
    const check = cpuSeconds(uploaded, checked);
    const reading = cpuSeconds(floor.from, floor.to);
    const rate = (cpu: number) => size / MIB / cpu;
    return {
      name,
      size,
      seconds: { read: seconds(begun, read), upload: seconds(read, uploaded), check: seconds(uploaded, checked) },
      mibPerCpuSecond:
        check === null || reading === null
          ? null
          : { check: rate(check), floor: rate(reading), hashing: rate(check - reading) },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const cpuSeconds = (from: Moment, to: Moment): number | null =>
  from.cpu === null || to.cpu === null ? null : to.cpu - from.cpu;

/** Reads the largest published file in the bare Worker. */
async function readBare({ ledger, askBare }: Pick<Harness, "ledger" | "askBare">): Promise<void> {
  const key = await ledger.prepare("SELECT object_key FROM artifacts ORDER BY size DESC, id DESC").first("object_key");
  await askBare(`/read/${key}`);
}

/** Downloads the last MiB of the file as a range. Throws if it is not `end`. */
async function requireEnd(url: string, size: number, end: Buffer): Promise<void> {
  const { headers } = await fetch(url, { redirect: "manual" });
  // The address is at PUBLIC_URL, where nobody answers here.
  const { pathname, search } = new URL(headers.get("Location") ?? "", url);
  const response = await fetch(new URL(pathname + search, url), { headers: { Range: `bytes=${size - MIB}-` } });
  const served = Buffer.from(await response.arrayBuffer());
  if (response.status !== 206 || !served.equals(end)) throw new Error(`${url} served other bytes (${response.status})`);
}

/**
 * Writes a file that takes no place on the disk but for random bytes where an offset of 32 bits would go wrong. Returns
 * its last MiB.
 */
async function writeSparse(path: string, size: number): Promise<Buffer> {
  const file = await open(path, "w");
  await file.truncate(size);
  const random = randomFillSync(Buffer.allocUnsafe(MIB));
  for (const at of [0, 4 * GIB - MIB / 2, size - MIB]) {
    if (at + MIB <= size) await file.write(random, 0, MIB, at);
  }
  await file.close();
  return random;
}
