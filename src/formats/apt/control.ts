import type { FramedFacts } from "../../domain/releases/framing/framing.ts";
import { requiresWords } from "../../domain/releases/requires/requires.ts";
import { relationsOf } from "./dependencies.ts";
import { type DebianArchitecture, debianVersion } from "./version.ts";

/** The maintainer of every package: a name and an address, as Debian policy 5.6.2 asks for. */
const MAINTAINER = "rbee <catalog@rbee.dev>";

/** The longest first line of a description that tools show whole (Debian policy 3.4.1). */
const SYNOPSIS_LENGTH = 80;

/** The facts that the control file is made from. */
export type ControlFacts = Pick<FramedFacts, "worker" | "version" | "requires">;

/**
 * The paragraph of a binary package's control file (Debian policy 5.3), which ends with a line end. `installedSize` is
 * in KiB. There is no `md5sums` beside it: that needs the program's MD5, which nothing else does, and dpkg makes the
 * list itself while it unpacks.
 */
export function controlOf(
  { worker, version, requires }: ControlFacts,
  architecture: DebianArchitecture,
  installedSize: number,
): string {
  const { depends, recommends, suggests } = relationsOf(requires);
  const fields: [name: string, value: string][] = [
    ["Package", worker.id],
    ["Version", debianVersion(version)],
    ["Architecture", architecture],
    ["Maintainer", MAINTAINER],
    ["Installed-Size", String(installedSize)],
    ["Depends", depends.join(", ")],
    ["Recommends", recommends.join(", ")],
    ["Suggests", suggests.join(", ")],
    ["Section", worker.tier === "free" ? "science" : "non-free/science"],
    ["Priority", "optional"],
    ["Homepage", worker.homepage],
    ["Description", descriptionOf({ worker, version, requires })],
  ];
  return fields
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}\n`)
    .join("");
}

/** A summary and the extended description, whose lines begin with a blank (Debian policy 5.6.13). */
function descriptionOf({ worker, requires }: ControlFacts): string {
  const needs = requiresWords(requires);
  return [
    oneLine(worker.summary).slice(0, SYNOPSIS_LENGTH).trim(),
    ` This worker runs models for rbee. Its backend is ${oneLine(worker.backend)}.`,
    ...(needs === "" ? [] : [` It needs ${oneLine(needs)}.`]),
  ].join("\n");
}

/** A text without line ends and other control characters, which would end a field. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, " ").trim();
