import { z } from "@hono/zod-openapi";
import { type AurPackage, AurPackage as AurPackageSchema, AurSummary, MAINTAINER } from "./package.ts";

/** The parameters of a request as they were sent; null if absent. */
export type RpcQuery = { v: string | null; type: string | null; by: string | null; args: readonly string[] };

/** aurweb's answer to all requests but suggestions, errors included. Its status is always 200. */
export const RpcEnvelope = z
  .object({
    version: z.int().openapi({ example: 5 }),
    type: z.enum(["multiinfo", "search", "error"]),
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
 * Answers a request of aurweb's RPC interface, version 5, from `packages` (aurweb, doc/rpc.txt). Helpers show the words
 * of its errors. Of several arguments to a search the last one counts.
 */
export function answerRpc(packages: readonly AurPackage[], { v, type, by, args }: RpcQuery): RpcAnswer {
  if (v === null) return failure("Please specify an API version.");
  if (v !== "5") return failure("Invalid version specified.");
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
      if (byMaintainer) return found("search", last === MAINTAINER ? packages.map(summaryOf) : []);
      if (last === undefined) return failure("No request type/data specified.");
      if (last.length < SHORTEST_SEARCH) return failure("Query arg too small.");
      return found("search", packages.filter((one) => matches(one, last)).map(summaryOf));
    }
    case "suggest":
    case "suggest-pkgbase":
      return packages
        .map(({ Name }) => Name)
        .filter((name) => last !== undefined && name.startsWith(last))
        .slice(0, SUGGESTIONS);
    default:
      return failure("Incorrect request type specified.");
  }
}

type Envelope = z.infer<typeof RpcEnvelope>;

const found = (type: "multiinfo" | "search", results: Envelope["results"]): Envelope => ({
  version: 5,
  type,
  resultcount: results.length,
  results,
});

const failure = (error: string): Envelope => ({ version: 5, type: "error", resultcount: 0, results: [], error });

const summaryOf = (one: AurPackage): AurSummary => AurSummary.parse(one);

const contains = (text: string, sought: string): boolean => text.toLowerCase().includes(sought.toLowerCase());

/** Whether an entry names a package, with or without a condition (`gcc>=12`) or description (`gcc: for C`). */
const names = (entries: readonly string[], sought: string): boolean =>
  entries.some((entry) => entry.replace(/(: |[<>=]).*/, "") === sought);
