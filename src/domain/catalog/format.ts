import type { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "../../platform/http/router.ts";
import type { Job } from "../../platform/jobs/job.ts";
import { withLicensePrompt } from "../licensing/license/key.ts";
import type { Framing } from "../releases/framing/framing.ts";
import {
  type ArtifactKind,
  type Manifest,
  type ManifestArtifact,
  PLATFORMS,
  type Platform,
} from "../releases/manifest.ts";
import type { Offer, OffersOf } from "../releases/offer.ts";
import { formatOfFile, type PackageFormat } from "../releases/package-format.ts";
import { findWorker, type Worker } from "../workers/workers.ts";
import type { AvailableWorker } from "./available-workers.ts";
import type { InstallSystem } from "./install-systems.ts";
import { type PublishedWorker, publishedWorker } from "./published-workers.ts";

/** A way to install a worker with one tool. `setup` is a text that a file must contain before. */
export type InstallWay = {
  /** The anchor on the page, unique among the ways. */
  id: string;
  name: string;
  /** The systems that it works on; at least one. */
  systems: readonly InstallSystem[];
  /** When to choose it, and its requirements. */
  about: string;
  setup?: { file: string; text: string };
  commands: string;
  /** A page of ours that tells how to get the tool. */
  link?: { href: string; text: string };
};

/** The files of a git repository at one version. `message` becomes the commit's. */
export type RepositoryContents = { message: string; files: Readonly<Record<string, string>> };

/** Git repositories that a format adds. `contents` has one entry for each of `names`; `url` is the catalog's origin. */
export type RepositorySource = {
  names: readonly string[];
  contents(published: readonly PublishedWorker[], url: string): ReadonlyMap<string, RepositoryContents>;
};

/** One way to distribute workers. Its room exports it and `src/app.ts` lists it. Every member is optional. */
export type Format = {
  /** The packages that publishers add to releases for it. */
  package?: PackageFormat;
  /** The packages that the service frames around the binaries of releases. */
  framing?: Framing;
  /** The ways to install a worker as it is published now, from the catalog with the origin `url`. */
  installWays?(available: AvailableWorker, url: string): InstallWay[];
  repositories?: RepositorySource;
  /** The versions that it offers, as its repositories and recipes are made from `manifest`. */
  offers?(published: PublishedWorker, manifest: Manifest): Offer[];
  /** Evaluates its routes. */
  routes?(): Promise<OpenAPIHono<AppEnv>>;
  /** Runs after the publication of a manifest. */
  afterManifest?(env: Env, formats: readonly Format[]): Promise<void>;
  jobs?: readonly Job[];
};

declare module "../../platform/http/router.ts" {
  interface Service {
    /** The formats of `src/app.ts`, in the order that pages show them in. */
    formats: readonly Format[];
  }
}

/** The package formats among `formats`. */
export const packageFormats = (formats: readonly Format[]): PackageFormat[] =>
  formats.flatMap((format) => format.package ?? []);

/** The framings of all `formats`. */
export const framingsOf = (formats: readonly Format[]): Framing[] => formats.flatMap(({ framing }) => framing ?? []);

/** The git repositories of all `formats`. */
export const repositorySources = (formats: readonly Format[]): RepositorySource[] =>
  formats.flatMap(({ repositories }) => repositories ?? []);

/** The offers of all `formats`, for the answer to a publisher. */
export const offersOf =
  (formats: readonly Format[]): OffersOf =>
  (workerId, manifest, config) => {
    const worker = findWorker(workerId);
    if (!worker) return [];
    const published = publishedWorker(worker, manifest, config);
    return formats.flatMap((format) => format.offers?.(published, manifest) ?? []);
  };

/** The platforms that a worker is made for, in the order of `PLATFORMS`. */
export const platformsOf = ({ operatingSystems, architectures }: Worker): Platform[] => {
  const made = operatingSystems.flatMap((system) => architectures.map((architecture) => `${system}-${architecture}`));
  return PLATFORMS.filter((platform) => made.includes(platform));
};

/** Whether an available worker needs a license. */
export const isPremium = ({ worker }: AvailableWorker): boolean => worker.tier === "premium";

/** The files of a kind in the newest stable release; with `format`, only packages of that format. */
export const latestFiles = (
  { latest }: AvailableWorker,
  kind: ArtifactKind,
  format?: PackageFormat,
): ManifestArtifact[] =>
  latest?.artifacts.filter((file) => file.kind === kind && (!format || formatOfFile([format], file.filename))) ?? [];

/** A sentence about the prompt for a license key, with which a way's commands begin; empty for a free worker. */
export const keyPrompted = (available: AvailableWorker): string =>
  isPremium(available) ? " Paste your license key when prompted." : "";

/** The commands, for a premium worker after a prompt for the license key: the key is on no command line. */
export const commandsFor = (available: AvailableWorker, variable: string, ...commands: string[]): string =>
  isPremium(available) ? withLicensePrompt(variable, ...commands) : commands.join(" &&\n");
