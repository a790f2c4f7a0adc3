import type { Framing } from "../../domain/releases/framing/framing.ts";
import { PACMAN_PLATFORMS } from "./pacman.ts";

/** pacman packages around the binaries of releases. */
export const FRAMING: Framing = {
  name: "pkg",
  architectures: PACMAN_PLATFORMS,
  load: async () => (await import("./package.ts")).pkgMaker,
};
