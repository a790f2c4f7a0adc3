import type { Platform } from "../../domain/releases/manifest.ts";
import { canonicalRequires, type Requires } from "../../domain/releases/requires/requires.ts";
import { CliError, EXIT } from "../errors.ts";
import { readNamedFile, readTextIfThere } from "../files.ts";

const SUFFIX = ".requires.json";

/** The files to publish of the paths on a command line, where `dist/*` also names the needs beside each file. */
export const withoutRequires = (paths: readonly string[]): string[] =>
  paths.filter((path) => !path.endsWith(SUFFIX) || !paths.includes(path.slice(0, -SUFFIX.length)));

/**
 * The declared needs of a file: `named`, which is JSON or the path of a file with it, else the file
 * `<file>.requires.json` if that exists. Null: it says nothing. Throws `CliError` if they are not valid, before
 * anything is uploaded.
 */
export async function readRequires(
  path: string,
  platform: Platform,
  named: string | undefined,
): Promise<Requires | null> {
  const beside = path + SUFFIX;
  const isInline = named?.trimStart().startsWith("{") ?? false;
  const place = isInline ? "--requires" : (named ?? beside);
  const text = isInline
    ? named
    : named === undefined
      ? await readTextIfThere(beside)
      : (await readNamedFile(named)).toString("utf8");
  if (text === null || text === undefined) return null;
  return parseRequires(text, platform, place);
}

async function parseRequires(text: string, platform: Platform, place: string): Promise<Requires | null> {
  const refuse = (reason: string) => new CliError(EXIT.usage, `${place} is not usable: ${reason}`);
  // Few releases declare needs, and the schema takes long to load.
  const { DeclaredRequires, faultOfRequires } = await import("../../domain/releases/requires/declared.ts");
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw refuse("it is not JSON.");
  }
  const parsed = DeclaredRequires.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(`${[...(issue?.path ?? [])].join(".") || "requires"}: ${issue?.message ?? "is not valid"}.`);
  }
  const requires = canonicalRequires(parsed.data);
  const fault = faultOfRequires(requires, { platform, backend: null });
  if (fault) throw refuse(fault.message);
  return requires;
}
