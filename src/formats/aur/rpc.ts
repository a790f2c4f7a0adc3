import { z } from "@hono/zod-openapi";
import { type AurPackage, AurPackage as AurPackageSchema, AurSummary, MAINTAINER } from "./package.ts";

/** The parameters of a request as they were sent; null if absent. `args` is what `argumentsOf` finds. */
export type RpcQuery = {
  v: string | null;
  type: string | null;
  by: string | null;
  args: readonly string[];
  callback: string | null;
};

/** aurweb's answer to all requests but suggestions, errors included. Its status is always 200. */
export const RpcEnvelope = z
  .object({
    version: z
      .int()
      .nullable()
      .openapi({ description: "As in the request; null if an error is about it.", example: 5 }),
    type: z.enum(["multiinfo", "search", "msearch", "error"]),
    resultcount: z.int(),
    results: z.array(z.union([AurPackageSchema, AurSummary])),
    error: z.string().optional(),
  })
  .openapi("AurAnswer");

/** The answer: an envelope, or the suggested names. */
export type RpcAnswer = z.infer<typeof RpcEnvelope> | string[];

const SUGGESTIONS = 20;
const SHORTEST_SEARCH = 2;

/** The searchable fields, and whether a package matches a search in each. */
const MATCHES: Record<string, (one: AurPackage, sought: string) => boolean> = {
  "name-desc": (one, sought) => contains(one.Name, sought) || contains(one.Description ?? "", sought),
  name: (one, sought) => contains(one.Name, sought),
  maintainer: (_, sought) => sought === MAINTAINER,
  submitter: (_, sought) => sought === MAINTAINER,
  comaintainers: () => false,
  depends: (one, sought) => names(one.Depends, sought),
  makedepends: (one, sought) => names(one.MakeDepends, sought),
  optdepends: (one, sought) => names(one.OptDepends, sought),
  checkdepends: (one, sought) => names(one.CheckDepends, sought),
  // A package provides itself.
  provides: (one, sought) => one.Name === sought || names(one.Provides, sought),
  conflicts: (one, sought) => names(one.Conflicts, sought),
  replaces: (one, sought) => names(one.Replaces, sought),
  groups: (one, sought) => one.Groups.includes(sought),
  keywords: (one, sought) => one.Keywords.includes(sought.toLowerCase()),
};

/**
 * The arguments among the parameters of a query or form. If the last of them is `arg`, it is the only one. Else those
 * `arg[]` count that follow the last `arg` (aurweb, routers/rpc.py, `parse_args`).
 */
export function argumentsOf(parameters: Iterable<readonly [name: string, value: string]>): string[] {
  const given = [...parameters].filter(([name]) => name === "arg" || name === "arg[]");
  const lastSingle = given.findLastIndex(([name]) => name === "arg");
  const counted = lastSingle === given.length - 1 ? given.slice(-1) : given.slice(lastSingle + 1);
  return counted.map(([, value]) => value);
}

/**
 * Answers a request of aurweb's RPC interface, version 5, from `packages` (aurweb, doc/rpc.txt and rpc.py). Helpers
 * show the words of its errors, and compare some of them. Of several arguments to a search the last one counts.
 */
export function answerRpc(packages: readonly AurPackage[], { v, type, by, args, callback }: RpcQuery): RpcAnswer {
  const version = v !== null && /^\d{1,9}$/.test(v) ? Number(v) : null;
  const failure = (error: string): Envelope => ({ version, type: "error", resultcount: 0, results: [], error });
  // JSONP runs as a script with the rights of the page. From this origin, that could be the console's own page.
  if (callback) return failure("Callbacks are not supported. Read the JSON.");
  if (v === null) return failure("Please specify an API version.");
  if (version !== 5) return failure("Invalid version specified.");
  const matches = Object.hasOwn(MATCHES, by ?? "name-desc") ? MATCHES[by ?? "name-desc"] : undefined;
  if (!matches) return failure("Incorrect by field specified.");
  const last = args.at(-1);
  switch (type) {
    case null:
      return failure("No request type/data specified.");
    case "info":
    case "multiinfo":
      if (last === undefined) return failure("No request type/data specified.");
      return found(
        "multiinfo",
        packages.filter(({ Name }) => args.includes(Name)),
      );
    case "search":
    case "msearch": {
      const byMaintainer = type === "msearch" || by === "maintainer";
      // Without a name this asks for packages without a maintainer.
      if (byMaintainer) return found(type, last === MAINTAINER ? packages.map(summaryOf) : []);
      if (last === undefined) return failure("No request type/data specified.");
      if (last.length < SHORTEST_SEARCH) return failure("Query arg too small.");
      return found(type, packages.filter((one) => matches(one, last)).map(summaryOf));
    }
    case "suggest":
    case "suggest-pkgbase":
      return packages
        .map(({ Name }) => Name)
        .filter((name) => last !== undefined && name.startsWith(last.toLowerCase()))
        .slice(0, SUGGESTIONS);
    default:
      return failure("Incorrect request type specified.");
  }
}

type Envelope = z.infer<typeof RpcEnvelope>;

const found = (type: Envelope["type"], results: Envelope["results"]): Envelope => ({
  version: 5,
  type,
  resultcount: results.length,
  results,
});

const summaryOf = (one: AurPackage): AurSummary => AurSummary.parse(one);

const contains = (text: string, sought: string): boolean => text.toLowerCase().includes(sought.toLowerCase());

/** Whether an entry names a package, with or without a condition (`gcc>=12`) or description (`gcc: for C`). */
const names = (entries: readonly string[], sought: string): boolean =>
  entries.some((entry) => entry.replace(/(: |[<>=]).*/, "") === sought);
