import { describe, expect, it } from "vitest";
import * as z from "zod";
import { app } from "../../../src/app.ts";
import { apiDescription } from "../../../src/web/reference/description.ts";
import { operationsOf } from "../../../src/web/reference/operations.ts";
import { signedIn } from "../../support/console-admin.ts";
import { issueLicense, ownerToken } from "../../support/license-fixture.ts";
import { publishRelease, randomBytes } from "../../support/publish-release.ts";
import { type Checkout, openShop } from "../../support/shop.ts";

const { ask, comeBack, pay, returnOf } = await openShop();

type Named = { name: string; in: string; schema?: { enum?: string[]; example?: unknown }; example?: unknown };

/** The operations that read something and have parameters in their query. */
const reading = operationsOf(apiDescription(await app.whole(), "https://catalog.test")).flatMap(
  ({ method, path, operation }) => {
    const parameters = (operation.parameters ?? []) as Named[];
    const names = parameters.filter((one) => one.in === "query");
    return method === "get" && names.length > 0
      ? [{ path, parameters, names, isPage: operation.tags?.[0] === "Pages" }]
      : [];
  },
);

/** The path with the examples of its parameters. */
const pathOf = (path: string, parameters: Named[]) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const { schema, example } = parameters.find((one) => one.name === name) ?? { schema: {} };
    return encodeURIComponent(String(example ?? schema?.example ?? "x"));
  });

const sampleOf = ({ schema, example }: Named) =>
  encodeURIComponent(String(schema?.enum?.[0] ?? example ?? schema?.example ?? "1"));

const Fault = z.object({ code: z.string(), errors: z.array(z.unknown()) });

/** The fault of an answer: a problem, or an error of the container registry with the members of one. */
function faultOf(body: unknown): z.infer<typeof Fault> {
  const registry = z.object({ errors: z.tuple([z.object({ detail: Fault })]) }).safeParse(body);
  return registry.success ? registry.data.errors[0].detail : Fault.parse(body);
}

describe("a repeated or unknown parameter", () => {
  it("costs no page its answer, and is told in words by each other operation", async () => {
    const token = await ownerToken();
    const console = await signedIn();
    await issueLicense();
    await publishRelease({ worker_id: "llm-worker-rbee-premium-cuda", version: "1.2.0", bytes: randomBytes(10) });
    const pages: string[] = [];
    const others: string[] = [];
    for (const { path, parameters, names, isPage } of reading) {
      // AUR helpers repeat `arg[]`, and their interface has errors of its own.
      if (path.startsWith("/rpc")) continue;
      const place = pathOf(path, parameters);
      const headers = { ...(path.startsWith("/v1/admin") && { Authorization: `Bearer ${token}` }) };
      const get = (query: string) =>
        path.startsWith("/admin") ? console.get(`${place}?${query}`) : ask("GET", `${place}?${query}`, { headers });
      // No cursor, because an example of one leads to no entry.
      const once = names.flatMap((one) => (one.name === "cursor" ? [] : [`${one.name}=${sampleOf(one)}`])).join("&");
      const plain = (await get(once)).status;
      expect.soft([path, (await get(`${once}&utm_source=mail&x=1`)).status]).toEqual([path, plain]);
      for (const one of names.filter(({ name }) => name !== "cursor")) {
        const twice = await get(`${once}&${one.name}=${sampleOf(one)}`);
        // A token is asked for with several scopes, and the registry's name is not looked at.
        if (isPage || path === "/v2/token") {
          pages.push(path);
          expect.soft([path, one.name, twice.status]).toEqual([path, one.name, plain]);
        } else {
          others.push(path);
          const { code, errors } = faultOf(await twice.json());
          expect.soft([path, code]).toEqual([path, "VALIDATION_FAILED"]);
          expect.soft(errors).toEqual([{ path: one.name, message: "was sent more than once; send one value" }]);
        }
      }
    }
    expect(new Set(pages).size).toBeGreaterThan(8);
    expect(new Set(others).size).toBeGreaterThan(8);
  });
});

describe("the page after a payment", () => {
  const shown = async (checkout: Checkout, path: string) => {
    const page = await ask("GET", path, { headers: { Cookie: checkout.cookie } });
    return [page.status, /rbee_lic_[0-9a-z]{20,}/i.test(await page.text())];
  };

  it.each<[string, (url: URL, id: string) => string]>([
    ["a repeated id", ({ search }, id) => `${search}&session_id=${id}`],
    ["the id and an unknown parameter", ({ search }) => `${search}&utm_source=mail`],
    ["an unknown parameter before it", ({ search }) => `?fbclid=x&${search.slice(1)}`],
    ["the literal placeholder before the id", ({ search }) => `?session_id={CHECKOUT_SESSION_ID}&${search.slice(1)}`],
    ["names in capitals", ({ searchParams }, id) => `?SESSION_ID=${id}&RETURN=${searchParams.get("return")}`],
    ["a full stop behind", ({ search }) => `${search}.`],
    [
      "brackets and blanks around",
      ({ searchParams }, id) => `?session_id=%20<${id}>%20&return=(${searchParams.get("return")})`,
    ],
    ["everything twice", ({ search }) => `${search}&${search.slice(1)}`],
    ["an empty value first", ({ search }) => `?session_id=&return=&${search.slice(1)}`],
  ])("shows the buyer the key at an address with %s", async (_, altered) => {
    const checkout = await pay("premium-lifetime");
    const url = new URL(returnOf(checkout));
    expect(await shown(checkout, url.pathname + altered(url, checkout.sessionId))).toEqual([200, true]);
  });

  it.each(["", "?session_id={CHECKOUT_SESSION_ID}", "?session_id[]=cs_test_a", "?session_id=cs_test_&session_id=x"])(
    "is the page of an unknown purchase at %j",
    async (query) => {
      const checkout = await pay("premium-lifetime");
      await comeBack(checkout);
      expect(await shown(checkout, `/checkout/success${query}`)).toEqual([404, false]);
    },
  );
});
