import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../../lib/encoding.ts";
import { DAY, startOfDay, type UnixSeconds } from "../../lib/time.ts";
import { type ListedPackage, listsOf } from "./lists.ts";
import { LISTS, type ListName } from "./repository.ts";
import { element, type Xml, xmlDocument } from "./xml.ts";

/** A compressed list of a repository. */
export type List = { name: ListName; sha256: string; bytes: Uint8Array<ArrayBuffer> };

/** The metadata of a repository for one asker: the text of `repomd.xml`, its time, and the lists that it names. */
export type Repodata = { repomd: string; at: UnixSeconds; lists: readonly List[] };

/**
 * How long metadata counts, in seconds. Its signature ends then, so dnf and zypper refuse an older copy that somebody
 * gives them: RPM metadata has no such date itself. zypper also warns of an older copy of its own (`suseinfo`).
 */
export const VALID = 7 * DAY;

/**
 * The time that metadata says and is signed at: the beginning of the day. Tools compare `repomd.xml` itself, so a
 * change needs no other time. With a time of the records, an isolate that has not seen a machine's new seat would
 * make another `repomd.xml` than the one that a second isolate signs.
 */
export const repodataTime = startOfDay;

/** The metadata of these packages at a time. The same packages and time give the same bytes. */
export async function repodataOf(packages: readonly ListedPackage[], at: UnixSeconds): Promise<Repodata> {
  const texts = listsOf(packages, VALID);
  const lists: List[] = [];
  const data: Xml[] = [];
  for (const name of LISTS) {
    const open = new TextEncoder().encode(texts[name]);
    const bytes = await gzip(texts[name]);
    const sum = sha256Of(bytes);
    lists.push({ name, sha256: sum, bytes });
    data.push(
      element("data", { type: name }, [
        element("checksum", { type: "sha256" }, sum),
        element("open-checksum", { type: "sha256" }, sha256Of(open)),
        element("location", { href: `repodata/${listFile({ name, sha256: sum })}` }),
        element("timestamp", {}, String(at)),
        element("size", {}, String(bytes.length)),
        element("open-size", {}, String(open.length)),
      ]),
    );
  }
  const namespaces = {
    xmlns: "http://linux.duke.edu/metadata/repo",
    "xmlns:rpm": "http://linux.duke.edu/metadata/rpm",
  };
  const repomd = xmlDocument(element("repomd", namespaces, [element("revision", {}, String(at)), ...data]));
  return { repomd, at, lists };
}

/** The file name of a list, which changes with its bytes. */
export const listFile = (list: Pick<List, "name" | "sha256">): string => `${list.sha256}-${list.name}.xml.gz`;

const sha256Of = (bytes: Uint8Array): string => encodeHex(sha256(bytes));

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}
