import { CHANNELS, type Channel } from "../../domain/releases/manifest.ts";
import type { Tier } from "../../domain/workers/table.ts";
import { ARCHITECTURES, type DebianArchitecture } from "./version.ts";

/** The apt repositories and the tier of their packages, named as pacman's are. */
export const REPOSITORIES = { rbee: "free", "rbee-premium": "premium" } as const satisfies Record<string, Tier>;
export type RepositoryName = keyof typeof REPOSITORIES;

/** The repository with the packages of a tier. */
export const repositoryOf = (tier: Tier): RepositoryName => (tier === "premium" ? "rbee-premium" : "rbee");

/** The repository of that name, or null. */
export const findRepository = (name: string): RepositoryName | null =>
  name === "rbee" || name === "rbee-premium" ? name : null;

/** A suite is a channel: its followers also get every more stable release. Null for a name that is none. */
export const findSuite = (name: string): Channel | null => CHANNELS.find((channel) => channel === name) ?? null;

/** The architecture whose folder has that name, such as `binary-amd64`; null for other folders, such as `i18n`. */
export const architectureOfFolder = (folder: string): DebianArchitecture | null =>
  ARCHITECTURES.find((name) => folder === `binary-${name}`) ?? null;

/** The forms of a list of packages, as an index's file names end. apt chooses one that it can read. */
export const LIST_FORMS = ["Packages", "Packages.gz"] as const;
export type ListForm = (typeof LIST_FORMS)[number];

/** The path of a list below its suite. */
export const listPath = (architecture: DebianArchitecture, form: ListForm): string =>
  `main/binary-${architecture}/${form}`;

/** The path of a package below its repository. */
export const packagePath = (workerId: string, filename: string): string => `pool/${workerId}/${filename}`;
