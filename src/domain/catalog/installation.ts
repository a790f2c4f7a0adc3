import { installLine } from "../workers/install-line.ts";
import type { AvailableWorker } from "./available-workers.ts";
import { type Format, type InstallWay, latestFiles } from "./format.ts";
import { INSTALL_SYSTEMS, type InstallSystem, isMadeFor, systemsOf } from "./install-systems.ts";

/**
 * Why a system has no way to install a worker: the worker is not made for it (`other-system`), no release has what it
 * takes (`not-yet`), or the releases cannot be read now (`unknown`).
 */
export type NoWay = "other-system" | "not-yet" | "unknown";

/** The ways to install a worker on a system; `missing` tells why there is none, else it is null. */
export type SystemWays = { system: InstallSystem; ways: readonly InstallWay[]; missing: NoWay | null };

/** The ways of all `formats` to install a worker as published now, for each system. `url`: the catalog's origin. */
export function waysBySystem(formats: readonly Format[], available: AvailableWorker, url: string): SystemWays[] {
  const all = formats.flatMap((format) => format.installWays?.(available, url) ?? []);
  return INSTALL_SYSTEMS.map((system) => {
    const ways = all.filter(({ systems }) => systems.includes(system));
    return { system, ways, missing: ways.length > 0 ? null : reasonFor(system, available) };
  });
}

function reasonFor(system: InstallSystem, { worker, releases }: AvailableWorker): NoWay {
  if (!isMadeFor(worker, system)) return "other-system";
  return releases === null ? "unknown" : "not-yet";
}

/** The first commands for a system. `way` is null if nothing that is published installs there yet. */
export type QuickStart = { system: InstallSystem; way: Pick<InstallWay, "about" | "commands"> | null };

/**
 * The shortest way from nothing to a worker on each system. Where a binary can run, it is the install script, which
 * chooses the worker; elsewhere it is the first way of the first of `available` that has one and needs commands alone.
 */
export function quickStarts(
  formats: readonly Format[],
  available: readonly AvailableWorker[],
  url: string,
): QuickStart[] {
  const platforms = available.flatMap((one) => latestFiles(one, "binary").map(({ platform }) => platform));
  const onSystem = systemsOf(platforms);
  const script = (about: string) => ({ about, commands: installLine(url, null) });
  const ways = new Map(available.map((one) => [one, waysBySystem(formats, one, url)]));
  const firstOn = (system: InstallSystem): QuickStart["way"] => {
    for (const [{ worker }, systems] of ways) {
      const way = systems.find((one) => one.system === system)?.ways.find(({ setup }) => setup === undefined);
      if (way) return { about: `Installs ${worker.name} with ${way.name}.`, commands: way.commands };
    }
    return null;
  };
  return INSTALL_SYSTEMS.map((system) => {
    if ((system === "linux" || system === "macos") && onSystem.includes(system)) {
      return { system, way: script("Finds the best worker for this machine, checks it and installs it.") };
    }
    if (system === "windows" && onSystem.includes("linux")) {
      return { system, way: script("Run it in WSL. It finds the best worker for this machine and installs it.") };
    }
    return { system, way: firstOn(system) };
  });
}
