import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import * as z from "zod";
import guide from "../../docs/events.md?raw";
import { EVENT_TYPES } from "../../src/domain/webhooks/event/types.ts";
import { typeOf } from "../../src/platform/storage/actions.ts";
import { fillLedger } from "../support/full-ledger.ts";
import { openShop } from "../support/shop.ts";
import { addHook, webhooks } from "../support/webhook-fixture.ts";

const shop = await openShop();

/** The example of each type: the members of its details. */
const examples = new Map(
  [...guide.matchAll(/^\| `([a-z_.]+)` \| [^|]+ \| `(\{[^`]*\})` \|$/gm)].map(([, type = "", text = ""]) => [
    type,
    z.record(z.string(), z.unknown()).parse(JSON.parse(text)),
  ]),
);

/** Types whose details are facts of a license or its fields: any of them, only those that changed. */
const OPEN: readonly string[] = ["license.follow_payment", "license.amend"];

it("docs/events.md has an example of every type of event, and of no other", () => {
  expect([...examples.keys()].sort()).toEqual([...EVENT_TYPES].sort());
});

it("docs/events.md shows every member that the details of a real event have", async () => {
  await fillLedger(shop);
  const hook = await addHook({ types: ["license.*"] });
  for (const act of ["test", "rotate-secret", "disable", "enable"])
    await webhooks("POST", `/${hook.id}/${act}`, { reason: "r" });
  await webhooks("DELETE", `/${hook.id}`, { reason: "r" });
  const { results } = await env.DB.prepare("SELECT DISTINCT action, details FROM audit").all();
  const found = results.map((row) => z.object({ action: z.string(), details: z.string() }).parse(row));
  expect(new Set(found.map(({ action }) => action)).size).toBeGreaterThan(20);
  const unknown = found.flatMap(({ action, details }) => {
    const type = typeOf(action);
    const members = Object.keys(z.record(z.string(), z.unknown()).parse(JSON.parse(details)));
    const shown = Object.keys(examples.get(type) ?? {});
    return OPEN.includes(type)
      ? []
      : members.filter((member) => !shown.includes(member)).map((member) => `${type}: ${member}`);
  });
  expect(unknown).toEqual([]);
});
