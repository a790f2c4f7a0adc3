import * as z from "zod";
import type { CatalogClient } from "../catalog-client.ts";
import { CliError, EXIT, exitCodeOf, ProblemError, problemCode } from "../errors.ts";
import { isPrivate } from "../transport.ts";
import type { LicenseSource, SentLicense } from "./license.ts";
import type { Gpu, Machine } from "./probe/facts.ts";

const RuledOut = z.looseObject({
  worker_id: z.string(),
  filename: z.string().nullish(),
  code: z.string(),
  detail: z.string(),
});

/** The answer to "which build is for this machine": the choice with its reason, and the lack of each of the others. */
export const Resolution = z.looseObject({
  choice: z
    .looseObject({ worker_id: z.string(), version: z.string(), platform: z.string(), filename: z.string() })
    .nullable(),
  why: z.string(),
  /** The needs of the choice that the machine does not state. */
  untried: z.array(z.string()).default([]),
  ruled_out: z.array(RuledOut),
});

export type Resolution = z.infer<typeof Resolution>;

/** The worker and version that a person asks for. Undefined: the best one, the newest one. */
export type Wanted = { worker: string | undefined; version: string | undefined };

/** The build to install. Without a file name, the catalog takes the platform's default build. */
export type Build = { worker: string; version: string | undefined; filename?: string };

/** Answers a wish for a machine, as the holder of a license. Null: it cannot be answered here. */
export type Resolver = (wanted: Wanted, machine: Machine, license: SentLicense | null) => Promise<Resolution | null>;

/** The resolver that asks the catalog. An older catalog does not know the operation, and one may be out for it. */
export const resolveAtCatalog =
  (client: CatalogClient): Resolver =>
  async ({ worker, version }, machine, license) => {
    const body = { ...(worker && { worker }), ...(worker && version && { version }), machine };
    try {
      return await client.post(Resolution, "/v1/workers/resolve", body, { ...license });
    } catch (error) {
      const isMissing = error instanceof ProblemError && [404, 405, 501].includes(error.status);
      if (isMissing && [null, "NOT_FOUND"].includes(problemCode(error))) return null;
      if (error instanceof ProblemError && error.exitCode === EXIT.unavailable) return null;
      throw error;
    }
  };

/** A wish for a machine. `isElsewhere`: it is not this one. `url` is the catalog's; `note` tells the person. */
type Wish = {
  wanted: Wanted;
  machine: Machine;
  isElsewhere: boolean;
  license: LicenseSource;
  url: string;
  note: (text: string) => void;
};

/**
 * Chooses the build for a machine. The license is sent only if it matters: for the best of all workers, or if the
 * wanted one needs it. A worker that no license could bring here is refused before. Throws `CliError`.
 */
export async function chooseBuild(
  resolve: Resolver,
  { wanted, ...wish }: Wish,
): Promise<{ build: Build; resolution: Resolution | null }> {
  const { machine, license, url, note } = wish;
  const { worker, version } = wanted;
  const own = worker === undefined && isPrivate(new URL(url)) ? await usableLicense(license, note) : null;
  let resolution = await (own === null ? resolve(wanted, machine, null) : resolveLicensed(own));
  if (worker !== undefined && resolution !== null && lacksLicense(resolution)) {
    const sent = await license.current();
    if (sent === null) throw withoutLicense(worker);
    resolution = await resolveLicensed(sent);
  }
  if (resolution === null) return { build: { worker: worker ?? workerByGpu(machine), version }, resolution };
  const { choice } = resolution;
  if (choice === null) throw nothingFits(resolution, worker !== undefined, wish);
  const build = { worker: choice.worker_id, version: choice.version, filename: choice.filename };
  // A version is of a worker: it is looked for once the worker is chosen.
  if (worker === undefined && version !== undefined && version !== choice.version) {
    return chooseBuild(resolve, { wanted: { worker: choice.worker_id, version }, ...wish });
  }
  return { build, resolution };

  /** Resolves with a license. Replaces a token that is no longer accepted, for example on a clock that is behind. */
  async function resolveLicensed(sent: SentLicense): Promise<Resolution | null> {
    const first = await resolve(wanted, machine, sent).catch((error: unknown) => {
      if (error instanceof ProblemError && OVER.includes(problemCode(error) ?? "")) return error;
      throw error;
    });
    const isOver = first instanceof ProblemError || first?.ruled_out.some(({ code }) => OVER.includes(code));
    const other = isOver ? await license.replaced() : null;
    if (other !== null) return resolve(wanted, machine, other);
    if (first instanceof ProblemError) throw first;
    return first;
  }
}

/** The license for a choice among all workers. Null if the catalog refuses to renew it; a note says why. */
async function usableLicense(license: LicenseSource, note: Wish["note"]): Promise<SentLicense | null> {
  try {
    return await license.current();
  } catch (error) {
    if (!(error instanceof ProblemError) || error.exitCode === EXIT.unavailable) throw error;
    note(`Without the license of this machine: ${error.message}`);
    return null;
  }
}

/** The codes of a token that the machine's key replaces. */
const OVER: readonly string[] = ["TOKEN_EXPIRED", "TOKEN_INVALID", "KEY_REQUIRED"];

const lacksLicense = ({ choice, ruled_out }: Resolution): boolean =>
  choice === null && ruled_out.some(({ code }) => code === "LICENSE_REQUIRED" || code === "CREDENTIAL_REQUIRED");

/** The error for a machine that has no license for a worker. */
export const withoutLicense = (worker: string): CliError =>
  new CliError(
    EXIT.notAuthorized,
    `${worker} needs a license. Run \`rbee-catalog activate\` first, or set RBEE_LICENSE_KEY.`,
  );

/** The codes for a worker or version that there is not, at least not for this system. */
const NOT_THERE: readonly string[] = ["NOT_RELEASED", "VERSION_NOT_FOUND", "WRONG_PLATFORM", "WRONG_BACKEND"];

/** The codes of a license that does not open a worker. */
const BY_LICENSE = /^(LICENSE|NOT_ENTITLED|VERSION_NOT_COVERED|MACHINE|KEY|TOKEN)/;

function nothingFits(
  { why, ruled_out }: Resolution,
  isNamed: boolean,
  { isElsewhere, url }: Pick<Wish, "isElsewhere" | "url">,
): CliError {
  const codes = ruled_out.map(({ code }) => code);
  const [first] = ruled_out;
  if (isNamed && first && BY_LICENSE.test(first.code)) {
    return new CliError(exitCodeOf(first.code, 401), `${first.detail} (${first.code})`);
  }
  const exitCode = codes.every((code) => NOT_THERE.includes(code)) ? EXIT.notFound : EXIT.failure;
  const remedies = [
    ...(isNamed && !isElsewhere && codes.some((code) => code.startsWith("WRONG_"))
      ? ["To install for another machine, such as into an image, name its --platform."]
      : []),
    ...ruled_out
      .filter(isFromSource)
      .map(({ worker_id }) => `Build ${worker_id} with your rbee hive, or with makepkg: ${recipeOf(worker_id, url)}`),
  ];
  const lacks = ruled_out.length > 1 ? lacksOf(ruled_out) : [];
  // Several workers have several reasons.
  const reason = isNamed && first ? `${why} (${first.code})` : why;
  return new CliError(exitCode, [...lacks, ...remedies, reason].join("\n"));
}

/** Whether a person is told without asking: a build that might run, or a license that was given in vain. */
export const isNotable = (code: string): boolean =>
  code === "UNTRIED" || (code.startsWith("LICENSE_") && code !== "LICENSE_REQUIRED");

/** One line for each worker or build that was not chosen. */
export const lacksOf = (ruledOut: Resolution["ruled_out"]): string[] =>
  ruledOut.map(({ worker_id, filename, code, detail }) => `  not ${filename ?? worker_id}: ${detail} (${code})`);

/** Whether a worker has no binary for the machine, but a recipe that builds it there. */
const isFromSource = ({ code, detail }: Resolution["ruled_out"][number]): boolean =>
  code === "NOT_RELEASED" && detail.includes("from source");

const recipeOf = (worker: string, url: string): string => `${url}/workers/${worker}/PKGBUILD`;

/** The remark about a free worker that would use the GPU in place of the CPU and has no binary release yet; or null. */
export function firstChoice({ choice, ruled_out }: Resolution, url: string): string | null {
  const first = ruled_out.find(isFromSource);
  if (!choice?.worker_id.endsWith("-cpu") || first === undefined) return null;
  const { worker_id: id } = first;
  return (
    `Chose the ${id.slice(id.lastIndexOf("-") + 1)} worker, but ${id} has no binary release yet.\n` +
    `Build it with your rbee hive, or with makepkg: ${recipeOf(id, url)}\n` +
    "Until then, the next best one is taken."
  );
}

/** The free worker that a catalog without the operation would be asked for. */
function workerByGpu({ platform, gpus = [] }: Machine): string {
  if (platform.startsWith("macos-")) return "metal";
  const has = (vendor: Gpu["vendor"]): boolean => gpus.some((gpu) => gpu.vendor === vendor);
  return has("nvidia") && platform.endsWith("-x86_64") ? "cuda" : "cpu";
}
