import { expect, it } from "vitest";
import { type Worker, workers } from "../../../src/domain/workers/workers.ts";
import { parseAsHive } from "../../support/hive-parser.ts";

/**
 * Recipes are files that stand alone, so they repeat each other. A mend of one must reach its copies: those that build
 * the same repository, and those of a tier that install binaries, have the same functions, but for the lines that their
 * backend or worker needs.
 */
const kindOf = ({ tier, source }: Worker): string => `${tier} ${source.type === "git" ? source.url : "binary"}`;

/** The lines of a recipe's functions, with the names of the worker and its backend replaced. */
const linesOf = ({ pkgbuild, id, backend, family, builtProgram }: Worker): string[] => {
  const { build, package: packaging } = parseAsHive(pkgbuild);
  return `${build}\n${packaging}`
    .replaceAll(builtProgram ?? id, "PROGRAM")
    .replaceAll("release/$pkgname", "release/PROGRAM")
    .replaceAll(` -p ${family.id} `, " -p FAMILY ")
    .replaceAll(`--features ${backend} `, "--features BACKEND ")
    .split("\n");
};

/** The lines of `whole` that do not follow in order in `text`. */
function missingFrom(text: readonly string[], whole: readonly string[]): string[] {
  let at = 0;
  return whole.filter((line) => {
    const found = text.indexOf(line, at);
    if (found !== -1) at = found + 1;
    return found === -1;
  });
}

const copies = [...Map.groupBy(workers, kindOf)].flatMap(([kind, [first, ...others]]) =>
  others.flatMap((worker) => (first ? [{ kind, first, worker, id: worker.id }] : [])),
);

it.each(copies)("the recipe of $id has the functions of the other recipes ($kind)", ({ first, worker }) => {
  const missing = missingFrom(linesOf(worker), linesOf(first));
  // A worker for one system has no line for the others, and ROCm cannot go on without its bindings.
  const own = worker.backend === "rocm" ? /rocm-rs/ : /^(x86_64|aarch64)\b/;
  expect(missing.filter((line) => !own.test(line))).toEqual([]);
});
