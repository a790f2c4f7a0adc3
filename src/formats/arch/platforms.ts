import type { Platform } from "../../domain/releases/manifest.ts";
import { PACMAN_RULES } from "./rules.ts";

/** The platforms that pacman runs on, by its names for their architectures. */
export const PACMAN_PLATFORMS = PACMAN_RULES.platforms;
export type PacmanArch = keyof typeof PACMAN_PLATFORMS;

/** pacman's name for the architecture of a platform, or null if pacman does not run there. */
export const archOf = (platform: Platform): string | null =>
  Object.entries(PACMAN_PLATFORMS).find(([, known]) => known === platform)?.[0] ?? null;
