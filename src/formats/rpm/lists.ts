import type { FramedFile } from "../../domain/releases/framing/framing.ts";
import { indexSchema, type RpmIndex } from "./index-facts.ts";
import type { Dependency } from "./package/dependencies.ts";
import type { ListName } from "./repository.ts";
import { element, type Xml, xmlDocument } from "./xml.ts";

/** A package as the lists tell it. */
export type ListedPackage = Pick<FramedFile, "filename" | "size" | "sha256"> & { index: RpmIndex };

/** The package of a framed file. Null if this version cannot read its index. */
export function listedPackage({
  filename,
  size,
  sha256,
  index,
}: Omit<ListedPackage, "index"> & Pick<FramedFile, "index">): ListedPackage | null {
  const { success, data } = indexSchema().safeParse(index);
  return success ? { filename, size, sha256, index: data } : null;
}

const NAMESPACE = "http://linux.duke.edu/metadata";

/** The texts of the lists of a repository, as createrepo_c 0.17 writes them (src/xml_dump_*.c). */
export function listsOf(packages: readonly ListedPackage[], validSeconds: number): Record<ListName, string> {
  const count = String(packages.length);
  return {
    primary: xmlDocument(
      element(
        "metadata",
        { xmlns: `${NAMESPACE}/common`, "xmlns:rpm": `${NAMESPACE}/rpm`, packages: count },
        packages.map(primaryOf),
      ),
    ),
    filelists: xmlDocument(
      element("filelists", { xmlns: `${NAMESPACE}/filelists`, packages: count }, packages.map(filelistOf)),
    ),
    other: xmlDocument(
      element(
        "otherdata",
        { xmlns: `${NAMESPACE}/other`, packages: count },
        packages.map((listed) => identified(listed, [])),
      ),
    ),
    // libsolv, ext/repo_repomdxml.c: zypper warns of a repository that is older than this.
    suseinfo: xmlDocument(
      element("suseinfo", { xmlns: `${NAMESPACE}/suseinfo` }, [element("expire", {}, String(validSeconds))]),
    ),
  };
}

const versionOf = ({ version, release }: RpmIndex): Xml =>
  element("version", { epoch: "0", ver: version, rel: release });

function primaryOf({ filename, size, sha256, index }: ListedPackage): Xml {
  const { header } = index;
  return element("package", { type: "rpm" }, [
    element("name", {}, index.name),
    element("arch", {}, index.arch),
    versionOf(index),
    element("checksum", { type: "sha256", pkgid: "YES" }, sha256),
    element("summary", {}, index.summary),
    element("description", {}, index.description),
    element("packager", {}, ""),
    element("url", {}, index.url),
    element("time", { file: String(index.build_time), build: String(index.build_time) }),
    element("size", {
      package: String(size),
      installed: String(index.installed_size),
      archive: String(index.archive_size),
    }),
    element("location", { href: filename }),
    element("format", {}, [
      element("rpm:license", {}, index.license),
      element("rpm:vendor", {}, index.vendor),
      element("rpm:group", {}, index.group),
      element("rpm:buildhost", {}, index.build_host),
      element("rpm:sourcerpm", {}, index.source),
      element("rpm:header-range", { start: String(header.start), end: String(header.end) }),
      ...dependenciesOf("rpm:provides", index.provides),
      ...dependenciesOf("rpm:requires", index.requires),
      ...dependenciesOf("rpm:recommends", index.recommends),
      ...index.files.filter(({ path }) => path.includes("bin/")).map(({ path }) => element("file", {}, path)),
    ]),
  ]);
}

function dependenciesOf(name: string, dependencies: readonly Dependency[]): Xml[] {
  if (dependencies.length === 0) return [];
  return [
    element(
      name,
      {},
      dependencies.map((one) => element("rpm:entry", { name: one.name, ...relation(one) })),
    ),
  ];
}

function relation({ flag, version }: Dependency): Record<string, string> {
  if (flag === undefined || version === undefined) return {};
  const [ver = "", rel] = version.split("-");
  return { flags: flag, epoch: "0", ver, ...(rel !== undefined && { rel }) };
}

const filelistOf = (listed: ListedPackage): Xml =>
  identified(
    listed,
    listed.index.files.map(({ path, is_directory }) => element("file", is_directory ? { type: "dir" } : {}, path)),
  );

const identified = ({ sha256, index }: ListedPackage, more: readonly Xml[]): Xml =>
  element("package", { pkgid: sha256, name: index.name, arch: index.arch }, [versionOf(index), ...more]);
