import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SearchQuery, workerQuery } from "../../../src/domain/catalog/search.ts";
import { ARCHITECTURES } from "../../../src/domain/workers/recipe.ts";
import { BACKENDS, KINDS, OPERATING_SYSTEMS, TIERS } from "../../../src/domain/workers/table.ts";
import { filterPath } from "../../../src/web/storefront/worker-filter.tsx";

const perhaps = <Value>(values: readonly Value[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const queries = fc.record({
  q: fc.option(fc.string({ minLength: 1, maxLength: 100 }), { nil: undefined }),
  operatingSystem: perhaps(OPERATING_SYSTEMS),
  architecture: perhaps(ARCHITECTURES),
  kind: perhaps(KINDS),
  backend: perhaps(BACKENDS),
  tier: perhaps(TIERS),
});

describe("the path of a search", () => {
  it("leads to the same search", () => {
    fc.assert(
      fc.property(queries, (query) => {
        const { searchParams } = new URL(filterPath(query), "https://catalog.test");
        const asked = workerQuery(SearchQuery.parse(Object.fromEntries(searchParams)));
        expect(asked).toEqual({ ...query, q: query.q?.trim() || undefined });
      }),
    );
  });

  it("is `/` for an empty search", () => {
    expect(filterPath({ q: "  " })).toBe("/");
  });
});
