import { type Build, compareDemands } from "../releases/build.ts";
import { CHANNELS, type Channel } from "../releases/manifest.ts";
import { channelIncludes, parseVersion } from "../releases/version.ts";
import type { CatalogRelease, CatalogWorker } from "./catalog.ts";
import { type LicenseView, refusalOfAccess, refusalOfRelease } from "./license.ts";
import type { Machine } from "./machine.ts";
import { judgeBackend, judgeBuild, type Lack } from "./needs.ts";

/** A worker, version or file that was not chosen. Null: the whole worker, or the whole version. */
export type Ruled = {
  worker_id: string;
  version: string | null;
  filename: string | null;
  code: string;
  /** A sentence for a person. */
  detail: string;
};

/** The best build of a worker. `newer`: the newest version, if it is another, and the reason against it. */
export type Candidate = {
  worker: CatalogWorker;
  release: CatalogRelease;
  build: Build;
  untried: readonly string[];
  newer: { version: string; reason: string } | null;
};

export type Examined = { candidate: Candidate | null; ruled: readonly Ruled[] };

type Wish = { version?: string | null | undefined; channel?: Channel | null | undefined };

/** A sentence of a clause: with a capital and a period. */
const sentence = (clause: string): string => `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;

/**
 * Finds the best build of a worker for a machine and a license, and tells what the others lack. A worker that is not
 * for this machine, or has no release, is told before a license is asked for.
 */
export function examine(worker: CatalogWorker, machine: Machine, license: LicenseView | null, wish: Wish): Examined {
  const none = (code: string, detail: string, version: string | null = null): Examined => ({
    candidate: null,
    ruled: [{ worker_id: worker.id, version, filename: null, code, detail }],
  });
  const found = releasesOf(worker, wish);
  const platforms = new Set([
    ...worker.platforms,
    ...found.releases.flatMap(binariesOf).map(({ platform }) => platform),
  ]);
  if (!platforms.has(machine.platform)) {
    return none("WRONG_PLATFORM", `It is for ${[...platforms].join(", ")}, and this machine is ${machine.platform}.`);
  }
  const backend = judgeBackend(worker.backend, machine);
  if ("lack" in backend) return none(backend.lack.code, sentence(backend.lack.detail));
  const fault = found.fault ?? faultOfPlatform(worker, found.releases, machine.platform, wish);
  if (fault) return none(fault.code, fault.detail, wish.version || null);
  const judged = found.releases.map((release) => judgeRelease(worker, release, machine));
  const access = refusalOfAccess(worker, license);
  if (access) return withoutAccess(worker, judged, access);
  return withAccess(worker, judged, license);
}

const binariesOf = ({ artifacts }: CatalogRelease): Build[] => artifacts.filter(({ kind }) => kind === "binary");

/** The reason why no release of a worker is looked at. */
type Fault = { code: string; detail: string };

/** The next step for a worker without a binary. */
const buildAdvice = ({ tier }: CatalogWorker): string => (tier === "free" ? " Its recipe builds it from source." : "");

/** The fault of a worker that is for a platform, but has no file for it in any of `releases`; or null. */
function faultOfPlatform(
  worker: CatalogWorker,
  releases: readonly CatalogRelease[],
  platform: string,
  { version }: Wish,
): Fault | null {
  if (releases.flatMap(binariesOf).some((build) => build.platform === platform)) return null;
  const detail =
    version && version !== "latest"
      ? `${worker.id} ${version} has no binary for ${platform}.`
      : `${worker.id} has no released binary for ${platform} yet.${buildAdvice(worker)}`;
  return { code: "NOT_RELEASED", detail };
}

/** The releases to look at, newest first, or the reason why there are none. */
function releasesOf(
  worker: CatalogWorker,
  { version, channel }: Wish,
): { releases: CatalogRelease[]; fault: Fault | null } {
  const { id, releases } = worker;
  if (version && version !== "latest") {
    const named = releases.find((release) => release.version === version);
    if (!named) {
      // The text is the asker's, and a terminal may show the sentence.
      const which = parseVersion(version).ok ? `version ${version}` : "such version";
      return { releases: [], fault: { code: "VERSION_NOT_FOUND", detail: `${id} has no ${which}.` } };
    }
    if (named.status === "blocked") {
      return { releases: [], fault: { code: "RELEASE_BLOCKED", detail: `${id} ${version} has been withdrawn.` } };
    }
    const isEmpty = binariesOf(named).length === 0;
    const fault = isEmpty ? { code: "NOT_RELEASED", detail: `${id} ${version} has no binary.` } : null;
    return { releases: [named], fault };
  }
  const followed = channel ?? "stable";
  const offered = releases.filter(({ status, channel: name }) => status === "published" && follows(followed, name));
  if (offered.some((release) => binariesOf(release).length > 0)) return { releases: offered, fault: null };
  const isElsewhere = offered.length === 0 && releases.some(({ status }) => status === "published");
  const detail = isElsewhere
    ? `${id} has no release in the channel ${followed}.`
    : `${id} has no released binary yet.${buildAdvice(worker)}`;
  return { releases: [], fault: { code: "NOT_RELEASED", detail } };
}

function follows(followed: Channel, name: string): boolean {
  const channel = CHANNELS.find((known) => known === name);
  return channel !== undefined && channelIncludes(followed, channel);
}

/** A release with the verdict about each of its binaries. `pick` is the best that may run, null if none may. */
type Judged = {
  release: CatalogRelease;
  pick: { build: Build; untried: readonly string[] } | null;
  others: readonly { build: Build; lack: Lack | null; untried: readonly string[] }[];
};

function judgeRelease(worker: CatalogWorker, release: CatalogRelease, machine: Machine): Judged {
  const all = binariesOf(release)
    .toSorted(compareDemands)
    .map((build) => {
      const verdict = judgeBuild(build, worker.backend, machine);
      return "lack" in verdict ? { build, untried: [], ...verdict } : { build, lack: null, ...verdict };
    });
  const running = all.filter(({ lack }) => lack === null);
  const pick = running.findLast(({ untried }) => untried.length === 0) ?? running[0] ?? null;
  return { release, pick, others: all.filter((one) => one !== pick) };
}

/** The best of the judged releases: the newest whose pick is certain, else the newest that has one. */
const bestOf = (judged: readonly Judged[]): Judged | undefined =>
  judged.find(({ pick }) => pick?.untried.length === 0) ?? judged.find(({ pick }) => pick !== null);

/** The refusal of the license for the file that would be chosen. If none runs here, what the newest ones lack. */
function withoutAccess(
  worker: CatalogWorker,
  judged: readonly Judged[],
  { code, detail }: { code: string; detail: string },
): Examined {
  const best = bestOf(judged);
  if (!best?.pick) return { candidate: null, ruled: rowsOf(worker, judged[0]) };
  const { version } = best.release;
  const row = { worker_id: worker.id, version, filename: best.pick.build.filename, code, detail };
  return { candidate: null, ruled: [row] };
}

function withAccess(worker: CatalogWorker, judged: readonly Judged[], license: LicenseView | null): Examined {
  const covered = judged.filter(({ release }) => refusalOfRelease(worker, release, license) === null);
  const best = bestOf(covered);
  const uncovered = judged.find((one) => one.pick !== null && !covered.includes(one) && isNewer(judged, one, best));
  const refusal = uncovered && refusalOfRelease(worker, uncovered.release, license);
  const ruled = [
    ...(uncovered?.pick && refusal
      ? [{ ...at(worker, uncovered.release, uncovered.pick.build), code: refusal.code, detail: refusal.detail }]
      : []),
    ...(covered[0] === best ? [] : rowsOf(worker, covered[0])),
    ...rowsOf(worker, best),
  ];
  // A release without a file for this platform is only told of if no other reason is known.
  const [first] = judged;
  if (!best?.pick) return { candidate: null, ruled: ruled.length > 0 ? ruled : rowsOf(worker, first) };
  const newer =
    first && first !== best
      ? { version: first.release.version, reason: reasonAgainst(first, covered.includes(first)) }
      : null;
  return { candidate: { worker, release: best.release, ...best.pick, newer }, ruled };
}

const reasonAgainst = ({ pick }: Judged, isCovered: boolean): string => {
  if (pick === null) return "no build of it fits";
  return isCovered ? "it is not known whether it fits" : "the license does not cover it";
};

const isNewer = (judged: readonly Judged[], one: Judged, best: Judged | undefined): boolean =>
  best === undefined || judged.indexOf(one) < judged.indexOf(best);

const at = ({ id }: CatalogWorker, { version }: CatalogRelease, { filename }: Build) => ({
  ...{ worker_id: id, version, filename },
});

/** What each build of a release lacks that was not picked. */
function rowsOf(worker: CatalogWorker, judged: Judged | undefined): Ruled[] {
  if (!judged) return [];
  return judged.others.map(({ build, lack, untried }) => {
    const where = at(worker, judged.release, build);
    if (lack) return { ...where, code: lack.code, detail: sentence(lack.detail) };
    if (untried.length > 0) return { ...where, code: "UNTRIED", detail: `Not known: ${untried.join("; ")}.` };
    return { ...where, code: "NOT_PREFERRED", detail: "It fits as well, and a build with more demands is preferred." };
  });
}
