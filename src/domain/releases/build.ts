import { compareDotted, parseDotted } from "../../lib/dotted-version.ts";
import { isPtx, type Requires } from "./requires/requires.ts";

/** The part of a file of a release that the choice among builds of one platform looks at. */
export type Build = { kind: string; platform: string; filename: string; requires: Requires | null };

/** The lowest of all versions, for a build that names none. */
const ANY: readonly number[] = [];

const versionOf = (text: string | undefined): readonly number[] => parseDotted(text ?? "") ?? ANY;

/** A named GPU leaves out the others. A longer list leaves out fewer, and PTX only the older ones. */
const gpusLeftOut = ({ gpu }: Requires): number => {
  if (gpu === undefined) return 0;
  return gpu.some(isPtx) ? Number.EPSILON : 1 / gpu.length;
};

/** A named `max` leaves out newer toolkits. The order of two that name one does not matter to machines. */
const isBounded = ({ cuda, rocm }: Requires): number =>
  Number(cuda?.max !== undefined) + Number(rocm?.max !== undefined);

/**
 * Orders two builds by their demands: negative if `a` runs on more machines. In this order: glibc before musl, the
 * lower CUDA, the lower ROCm, the lower C library, more GPU generations, fewer CPU features, less memory, no upper
 * bound, the name.
 */
export function compareDemands(a: Pick<Build, "filename" | "requires">, b: Pick<Build, "filename" | "requires">) {
  const [one, other] = [a.requires ?? {}, b.requires ?? {}];
  return (
    Number(one.libc?.name === "musl") - Number(other.libc?.name === "musl") ||
    compareDotted(versionOf(one.cuda?.min), versionOf(other.cuda?.min)) ||
    compareDotted(versionOf(one.rocm?.min), versionOf(other.rocm?.min)) ||
    compareDotted(versionOf(one.libc?.version), versionOf(other.libc?.version)) ||
    gpusLeftOut(one) - gpusLeftOut(other) ||
    (one.cpu_features?.length ?? 0) - (other.cpu_features?.length ?? 0) ||
    (one.memory_bytes ?? 0) - (other.memory_bytes ?? 0) ||
    isBounded(one) - isBounded(other) ||
    (a.filename < b.filename ? -1 : Number(a.filename > b.filename))
  );
}

/**
 * The binary of a platform for a client that does not choose among its builds, such as a recipe or an older client: the
 * one with the least demands (`compareDemands`). Undefined if the release has none.
 */
export const defaultBuild = <File extends Build>(artifacts: readonly File[], platform: string): File | undefined =>
  artifacts.filter((file) => file.kind === "binary" && file.platform === platform).sort(compareDemands)[0];
