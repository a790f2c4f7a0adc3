import * as z from "zod";
import type { FramedFacts } from "../../domain/releases/framing/framing.ts";
import { lazy } from "../../lib/lazy.ts";
import { filesOf } from "./package/contents.ts";
import { dependenciesOf } from "./package/dependencies.ts";
import {
  BUILD_HOST,
  descriptionOf,
  GROUP,
  installedSize,
  isDirectory,
  sourceOf,
  VENDOR,
} from "./package/main-header.ts";
import { archOf, RELEASE, rpmVersion } from "./package/names.ts";

const dependencies = lazy(() =>
  z.array(z.object({ name: z.string(), flag: z.enum(["EQ", "LE", "GE"]).optional(), version: z.string().optional() })),
);

/** The facts of a package that a repository's metadata tells: the fields of createrepo_c, src/xml_dump_primary.c. */
export const indexSchema = lazy(() =>
  z.object({
    name: z.string(),
    version: z.string(),
    release: z.string(),
    arch: z.enum(["x86_64", "aarch64"]),
    summary: z.string(),
    description: z.string(),
    url: z.string(),
    license: z.string(),
    vendor: z.string(),
    group: z.string(),
    build_host: z.string(),
    /** The name of the source package that the header must state; nobody has one. */
    source: z.string(),
    build_time: z.number(),
    /** In bytes. */
    installed_size: z.number(),
    archive_size: z.number(),
    /** The place of the main header in the file. */
    header: z.object({ start: z.number(), end: z.number() }),
    provides: dependencies(),
    requires: dependencies(),
    recommends: dependencies(),
    files: z.array(z.object({ path: z.string(), is_directory: z.boolean() })),
  }),
);

export type RpmIndex = z.output<ReturnType<typeof indexSchema>>;

/** The facts of a package with its main header there, and an archive of so many bytes. */
export function indexOf(facts: FramedFacts, header: RpmIndex["header"], archiveSize: number): RpmIndex {
  const { worker, version, platform, madeAt } = facts;
  const files = filesOf(facts);
  return {
    name: worker.id,
    version: rpmVersion(version),
    release: RELEASE,
    arch: archOf(platform),
    summary: worker.summary,
    description: descriptionOf(facts),
    url: worker.homepage,
    license: worker.license,
    vendor: VENDOR,
    group: GROUP,
    build_host: BUILD_HOST,
    source: sourceOf(facts),
    build_time: madeAt,
    installed_size: installedSize(files),
    archive_size: archiveSize,
    header,
    ...dependenciesOf(facts),
    files: files.map((file) => ({ path: file.path, is_directory: isDirectory(file) })),
  };
}
