import type { Framing } from "../../domain/releases/framing/framing.ts";
import { findWorker } from "../../domain/workers/workers.ts";
import { PACMAN_PLATFORMS } from "./platforms.ts";

/** pacman packages around the binaries of releases. */
export const FRAMING: Framing = {
  name: "pkg",
  architectures: PACMAN_PLATFORMS,
  load: async () => (await import("./package.ts")).pkgMaker((id) => findWorker(id)?.depends ?? []),
};
