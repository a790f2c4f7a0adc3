import type * as z from "zod";
import { encodeHex } from "../../lib/encoding.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { FileKind, FilePlatform, Platform } from "./manifest.ts";
import { isSourceArchive } from "./source/archive.ts";

/** The contents of a package as its publisher declares them: each member is a text or a list of paths. */
export type PackageContents = Readonly<Record<string, string | readonly string[]>>;

/**
 * The SHA-256 of declared contents in hexadecimal, by which a signature covers them: of their JSON without blanks and
 * with sorted keys (RFC 8785).
 */
export async function contentsDigest(contents: PackageContents): Promise<string> {
  const sorted = Object.entries(contents).sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(sorted)));
  return encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

/**
 * The rules by which a publisher's tool recognizes a package of one format and reads its contents. `suffix` matches the
 * end of the file's name. An architecture, a key of `platforms`, comes before it. The file is a compressed tar. A
 * member of `contents` is the text of one entry, or the paths of all entries that do not begin with a dot.
 */
export type PackageRules = {
  name: string;
  label: string;
  suffix: RegExp;
  platforms: Readonly<Record<string, Platform>>;
  contents: Readonly<Record<string, { text: string } | { paths: "installed" }>>;
};

/** One fault of a declared package: the part of the declaration, and a sentence for a person. */
export type PackageFault = { path: string; message: string };

type DeclaredPackage<Contents> = { platform: Platform; filename: string; contents: Contents };

/** One format of packages that a release may hold beside its binaries. */
export type PackageFormat<Contents extends PackageContents = PackageContents> = {
  rules: PackageRules;
  /** Its files for the API's description: "`*.pkg.tar.zst`, a pacman package". */
  description: string;
  /** The console's note on a package without an OpenPGP signature; absent if the format needs none. */
  unsigned?: string;
  /** The declared contents. */
  schema: z.ZodType<Contents>;
  /** Whether a declared package belongs to this release. The bytes are not read. */
  check(release: { worker_id: string; version: string }, file: DeclaredPackage<Contents>): Result<null, PackageFault>;
};

/** The format that a file name belongs to, or null for a binary. */
export const formatOfFile = <Format extends { rules: Pick<PackageRules, "suffix"> }>(
  formats: readonly Format[],
  filename: string,
): Format | null => formats.find(({ rules }) => rules.suffix.test(filename)) ?? null;

/** Whether a file is a binary, a package or a source archive, by its name. */
export const kindOfFile = (formats: readonly { rules: Pick<PackageRules, "suffix"> }[], filename: string): FileKind =>
  formatOfFile(formats, filename) ? "package" : isSourceArchive(filename) ? "source" : "binary";

/**
 * The platform at the end of a binary's name, before any extension, such as `windows-aarch64`, which need not be one of
 * ours: `worker-1.0.0-linux-x86_64.tar.zst`. Null if the name has none.
 */
export const platformInName = (filename: string): string | null =>
  /-((?:linux|macos|windows)-(?:x86_64|aarch64))(?:\.[^-]*)?$/.exec(filename)?.[1] ?? null;

type DeclaredFile = { platform: FilePlatform; filename: string; package: PackageContents | null };

/**
 * Checks a file that is declared for a release: a package has contents that fit its name, its platform and the release,
 * and a binary has none. Returns the format and the contents of a package, null for a binary.
 */
export function checkPackage(
  formats: readonly PackageFormat[],
  release: { worker_id: string; version: string },
  { platform, filename, package: contents }: DeclaredFile,
): Result<{ format: PackageFormat; contents: PackageContents } | null, PackageFault> {
  const format = formatOfFile(formats, filename);
  if (contents === null) {
    return format ? fault("package", `Declare the contents of the ${format.rules.label}.`) : ok(null);
  }
  if (!format) return fault("package", "Only a package has contents, and this is not the file name of one.");
  if (platform === "any") return fault("platform", "A package is for one platform.");
  const parsed = format.schema.safeParse(contents);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fault(["package", ...(issue?.path ?? [])].join("."), issue?.message ?? "is not valid");
  }
  const checked = format.check(release, { platform, filename, contents: parsed.data });
  return checked.ok ? ok({ format, contents: parsed.data }) : checked;
}

const fault = (path: string, message: string): Result<never, PackageFault> => err({ path, message });
