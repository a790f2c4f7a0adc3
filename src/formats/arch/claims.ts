import { findWorker } from "../../domain/workers/workers.ts";
import type { Pkginfo } from "./pkginfo.ts";

/** The endings by which the AUR distinguishes packages of one program (ArchWiki, AUR submission guidelines). */
const VARIANTS = ["", "-bin", "-git", "-debug"];

/**
 * The names of packages that a worker's package may replace, provide or conflict with: its own, and for a premium
 * worker those of its free counterpart. pacman looks names up in all repositories together, so a claim to any other
 * name, such as `glibc`, would change a system that only wanted a worker.
 */
export function ownNames(workerId: string): ReadonlySet<string> {
  const worker = findWorker(workerId);
  const free = worker?.tier === "premium" ? findWorker(worker.variant.replace(/^premium-/, "")) : null;
  return new Set([workerId, free?.id ?? workerId].flatMap((id) => VARIANTS.map((ending) => `${id}${ending}`)));
}

/** A name as makepkg allows it (pacman 6, lint_pkgbuild/pkgname.sh), alone or with a version (`name>=1:2.0-1`). */
const VERSIONED = /^(?<name>[A-Za-z0-9@_+][A-Za-z0-9@._+-]*)(?:(?:[<>]=?|=)[A-Za-z0-9._+~:-]+)?$/;

/** The fields that name other packages, by the right that they claim. */
const CLAIMS = ["replaces", "conflict", "provides", "group"] as const;
const DEPENDENCIES = ["depend", "makedepend", "checkdepend", "optdepend"] as const;

/**
 * The sentence why the package of a worker may not have these fields; null if it may. Every field that the database
 * gives to pacman is bounded: names are the worker's own, dependencies are names, and the address is a web page.
 */
export function faultOfClaims(workerId: string, info: Pkginfo): string | null {
  const own = ownNames(workerId);
  if (info.pkgname !== workerId) return `pkgname is ${info.pkgname}, but the release is of ${workerId}.`;
  if (info.pkgbase !== "" && !own.has(info.pkgbase)) return foreign("pkgbase", info.pkgbase, own);
  for (const field of CLAIMS) {
    const claimed = info[field].find((value) => !own.has(VERSIONED.exec(value)?.groups?.["name"] ?? ""));
    if (claimed !== undefined) return foreign(field, claimed, own);
  }
  for (const field of DEPENDENCIES) {
    const wrong = info[field].find((value) => !isDependency(field, value));
    if (wrong !== undefined) return `${field} ${JSON.stringify(wrong)} is not the name of a package.`;
  }
  const { url } = info;
  return url === "" || /^https?:\/\/[^\s/@]+(?:\/\S*)?$/.test(url)
    ? null
    : `url ${JSON.stringify(url)} is not a web address.`;
}

const foreign = (field: string, value: string, own: ReadonlySet<string>): string =>
  `${field} ${JSON.stringify(value)} is not a name of this worker. Its names are ${[...own].join(", ")}.`;

/** Whether a value names a package, a library (`lib:libcuda.so.1`) or, with its reason, an optional package. */
function isDependency(field: (typeof DEPENDENCIES)[number], value: string): boolean {
  const name = field === "optdepend" ? value.replace(/:(?: .*)?$/, "") : value;
  return VERSIONED.test(name.replace(/^lib:/, ""));
}

/** Folders of commands and of the system's configuration: a file there carries a name of the worker. */
const SHARED =
  /^(?:etc|var|usr\/(?:local\/)?s?bin|usr\/lib\/(?:systemd|udev|pam\.d|security|binfmt\.d|environment\.d|kernel|mod(?:probe|ules-load)\.d|sys(?:ctl|users)\.d|tmpfiles\.d)|usr\/share\/(?:dbus-1|polkit-1))\//;

/** Folders of the package manager and the boot process: no worker has a file there. */
const FORBIDDEN =
  /^(?:etc\/(?:pacman|makepkg|ld\.so)|var\/(?:lib|cache)\/pacman|usr\/(?:share\/(?:libalpm|pacman)|lib\/(?:modules|initcpio|kernel|ld-)))/;

/** The sentence why a worker's package may not install one of these files; null if it may install all of them. */
export function faultOfPaths(workerId: string, paths: readonly string[]): string | null {
  const own = [...ownNames(workerId)];
  const beginsWith = (part: string, name: string) =>
    part.startsWith(name) && /^(?:[._@-]|$)/.test(part.slice(name.length));
  const isOwn = (path: string) => path.split("/").some((part) => own.some((name) => beginsWith(part, name)));
  const mayInstall = (path: string) =>
    /^(?:usr|opt|etc|var)\//.test(path) &&
    !FORBIDDEN.test(path) &&
    (path.endsWith("/") || !SHARED.test(path) || isOwn(path));
  const wrong = paths.find((path) => !mayInstall(path));
  return wrong === undefined
    ? null
    : `${JSON.stringify(wrong)} is not a place for a worker. It may use usr/ and opt/, and files with its name in etc/, var/ and for commands.`;
}
