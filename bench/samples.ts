import * as z from "zod";
import { CatalogClient, path } from "../src/cli/catalog-client.ts";
import { manifestSchema } from "../src/domain/releases/manifest.ts";
import type { MinisignSecretKey } from "../src/lib/minisign/secret-key.ts";
import type { Harness } from "./harness.ts";
import { copyLicense, createOwnerToken, FINGERPRINT, issueLicense, type SampleLicense } from "./sample-licenses.ts";
import { publishSample, type SampleRelease } from "./sample-releases.ts";

const LICENSES = 10_000;
const Download = z.looseObject({ download_url: z.string() });
const Index = z.looseObject({ manifests: z.tuple([z.looseObject({ digest: z.string() })]) });
const Image = z.looseObject({ layers: z.tuple([z.looseObject({ digest: z.string() })]) });

/** The data for the requests. Each part is made through the service at its first use. */
export type Samples = {
  /** The token of an owner. */
  ownerToken: string;
  /** A license and the token of its one machine. */
  license(): Promise<SampleLicense>;
  /** The fingerprint of that machine. */
  fingerprint: string;
  /** 10,000 more licenses, each with its own token. */
  licenses(): Promise<readonly SampleLicense[]>;
  publish(sample: SampleRelease): Promise<void>;
  /** Stores the service's answer to a path in the bare Worker, and returns its path there. */
  recordAnswer(path: string, token?: string): Promise<string>;
  /** The path of a new signed URL of a published sample. It is valid for five minutes. */
  linkTo(sample: SampleRelease): Promise<string>;
  /** The R2 key of a published sample. */
  objectKeyOf(sample: SampleRelease): Promise<string>;
  /** The path of the Debian package around a published sample. */
  debianPackageOf(sample: SampleRelease): Promise<string>;
  /** The path of the layer around a published sample. */
  layerOf(sample: SampleRelease): Promise<string>;
};

/** The samples of a harness. `releaseKey` signs the releases. */
export async function prepareSamples(harness: Harness, releaseKey: MinisignSecretKey): Promise<Samples> {
  const ownerToken = await createOwnerToken(harness.ledger);
  const client = new CatalogClient({ url: `http://127.0.0.1:${harness.ports.catalog}`, credential: ownerToken });
  const license = remember(() => issueLicense(client));
  const published = new Map<SampleRelease, Promise<void>>();
  return {
    ownerToken,
    license,
    fingerprint: FINGERPRINT,
    licenses: remember(async () => copyLicense(harness, await license(), LICENSES)),
    publish(sample) {
      const begun = published.get(sample) ?? publishSample(client, releaseKey, sample);
      published.set(sample, begun);
      return begun;
    },
    async recordAnswer(path, token) {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      // Without compression, like a hive: miniflare's entry compresses an answer if the client allows it.
      const response = await fetch(client.url + path, { headers: { ...headers, "Accept-Encoding": "identity" } });
      const place = `/answer${path.split("?", 1)[0]}`;
      await harness.tellBare(place, { body: await response.text(), headers: [...response.headers] });
      return place;
    },
    async linkTo({ workerId, version }) {
      const { download_url } = await client.json(Download, {
        path: path`/v1/workers/${workerId}/${version}/download`,
        query: { platform: "linux-x86_64" },
        credential: (await license()).token,
      });
      return new URL(download_url).pathname;
    },
    async objectKeyOf({ workerId, version }) {
      const { releases } = manifestSchema().parse(await harness.edge.get(`manifest:${workerId}`, "json"));
      const key = releases.find((release) => release.version === version)?.artifacts[0]?.object_key;
      if (key === undefined) throw new Error(`${workerId} ${version} has not been published`);
      return key;
    },
    debianPackageOf: async ({ workerId, version }) =>
      `/apt/rbee-premium/pool/${workerId}/${workerId}_${version}-1_amd64.deb`,
    async layerOf({ workerId, version }) {
      const registry = `/v2/rbee/${workerId}`;
      const credential = (await license()).token;
      const manifestOf = <Schema extends z.ZodType>(schema: Schema, reference: string) =>
        client.json(schema, { path: `${registry}/manifests/${reference}`, credential });
      const [image] = (await manifestOf(Index, version)).manifests;
      const [layer] = (await manifestOf(Image, image.digest)).layers;
      return `${registry}/blobs/${layer.digest}`;
    },
  };
}

/** Makes a value at its first use and keeps it. */
function remember<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
