import * as z from "zod";
import { type FramedOffer, readableOffers } from "../../domain/delivery/framed/listing.ts";
import type { FramedFile } from "../../domain/releases/framing/framing.ts";
import { encodeHex, encodeUtf8 } from "../../lib/encoding.ts";
import { IsolateCache, SMALL_CACHE } from "../../lib/isolate.ts";
import { lazy } from "../../lib/lazy.ts";
import { HOUR, type UnixSeconds } from "../../lib/time.ts";
import { LIST_FORMS, type ListForm, listPath, packagePath } from "./repository.ts";
import { ARCHITECTURES, type DebianArchitecture, debianArchitecture } from "./version.ts";

/** A list of packages in one form. `path` is below the suite, `sha256` in hexadecimal. */
export type PackageList = { path: string; sha256: string; bytes: Uint8Array<ArrayBuffer> };

/** The lists by their contents: all askers with the same packages share them. */
const made = new IsolateCache<PackageList[]>(200, SMALL_CACHE / 2);

const indexSchema = lazy(() => z.object({ control: z.string().startsWith("Package: ") }));

/** The paragraph of a package's control file; null if its index has none. */
const controlOf = ({ index }: FramedFile): string | null => {
  const { success, data } = indexSchema().safeParse(index);
  return success ? data.control.trimEnd() : null;
};

/** Every list of a suite with these packages: each architecture's, in each form. Equal packages give equal bytes. */
export async function listsOf(offers: readonly FramedOffer[], now: UnixSeconds): Promise<PackageList[]> {
  const key = offers.map(({ framed }) => `${framed.filename} ${framed.sha256}`).join(" ");
  const known = made.get(key, now);
  if (known) return known;
  const lists: PackageList[] = [];
  for (const architecture of ARCHITECTURES) {
    const text = encodeUtf8(packagesText(offers, architecture));
    for (const form of LIST_FORMS) {
      const bytes = await IN_FORM[form](text);
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      lists.push({ path: listPath(architecture, form), sha256: encodeHex(sum), bytes });
    }
  }
  made.set(key, lists, now + HOUR);
  return lists;
}

/** A list in each form. workerd compresses by gzip only, and not by xz; apt reads every form. */
const IN_FORM: Record<ListForm, (text: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>> = {
  Packages: async (text) => text,
  "Packages.gz": async (text) => {
    const gzipped = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    return new Uint8Array(await new Response(gzipped).arrayBuffer());
  },
};

/**
 * A list of packages: of each one the paragraph of its control file, and where it is (Debian repository format,
 * "Packages Indices"). Paragraphs are divided by an empty line.
 */
export const packagesText = (offers: readonly FramedOffer[], architecture: DebianArchitecture): string =>
  readableOffers(
    offers.filter(({ artifact }) => debianArchitecture(artifact.platform) === architecture),
    controlOf,
  )
    .map(({ offer: { worker, framed }, facts: control }) =>
      [
        control,
        `Filename: ${packagePath(worker.id, framed.filename)}`,
        `Size: ${framed.size}`,
        `SHA256: ${framed.sha256}`,
        "",
      ].join("\n"),
    )
    .join("\n");
