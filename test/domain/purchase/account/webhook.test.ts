import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planWebhook, type WebhookStep, webhookOf } from "../../../../src/domain/purchase/account/webhook.ts";

const ORIGIN = "https://catalog.test";
const wanted = webhookOf(ORIGIN);

type Endpoint = Parameters<typeof planWebhook>[0][number];

/** Any endpoint of an account: ours or of others, right or not. */
const endpoint = fc.record<Omit<Endpoint, "id">>({
  url: fc.constantFrom(wanted.url, "https://mugs.test/hook", "https://catalog.test/"),
  status: fc.constantFrom("enabled", "disabled"),
  api_version: fc.constantFrom(wanted.api_version, "2024-06-20", null),
  enabled_events: fc.constantFrom(wanted.enabled_events, wanted.enabled_events.toReversed(), ["*"], ["invoice.paid"]),
  application: fc.constantFrom(null, null, "ca_1"),
});
const account = fc
  .array(endpoint, { maxLength: 6 })
  .map((endpoints) => endpoints.map((each, index): Endpoint => ({ ...each, id: `we_${index}` })));

/** The account after these steps, as Stripe carries them out. */
function after(endpoints: readonly Endpoint[], steps: readonly WebhookStep[]): Endpoint[] {
  const left = new Map(endpoints.map((each) => [each.id, each]));
  for (const step of steps) {
    if (step.action === "create_webhook") {
      left.set("we_new", { ...wanted, id: "we_new", status: "enabled", application: null });
    } else if (step.action === "delete_webhook") left.delete(step.id);
    else {
      const changed = left.get(step.id);
      if (changed) left.set(step.id, { ...changed, enabled_events: wanted.enabled_events });
    }
  }
  return [...left.values()];
}

const isOurs = ({ url, application }: Endpoint): boolean => url === wanted.url && application === null;

describe("the plan for the webhook endpoint", () => {
  it("leads to an account that needs no further change, whatever it had before", () => {
    fc.assert(
      fc.property(account, (endpoints) => {
        const left = after(endpoints, planWebhook(endpoints, ORIGIN).steps);
        expect(planWebhook(left, ORIGIN).steps).toEqual([]);
        const ours = left.filter(isOurs);
        expect(ours.length).toBeGreaterThan(0);
        expect(ours.every(({ api_version }) => api_version === wanted.api_version)).toBe(true);
      }),
    );
  });

  it("never touches an endpoint of another address or application, and creates at most one", () => {
    fc.assert(
      fc.property(account, (endpoints) => {
        const { steps } = planWebhook(endpoints, ORIGIN);
        expect(steps.filter(({ action }) => action === "create_webhook").length).toBeLessThanOrEqual(1);
        const touched = steps.flatMap((step) => ("id" in step ? [step.id] : []));
        const others = endpoints.filter((each) => !isOurs(each)).map(({ id }) => id);
        expect(touched.filter((id) => others.includes(id))).toEqual([]);
      }),
    );
  });

  it("deletes no endpoint that works, and tells every fault that remains", () => {
    fc.assert(
      fc.property(account, (endpoints) => {
        const { steps, faults } = planWebhook(endpoints, ORIGIN);
        const right = endpoints.filter((each) => isOurs(each) && each.api_version === wanted.api_version);
        const deleted = steps.flatMap((step) => (step.action === "delete_webhook" ? [step.id] : []));
        expect(right.some(({ id }) => deleted.includes(id))).toBe(false);
        const disabled = right.length > 0 && right.every(({ status }) => status === "disabled");
        expect(faults).toHaveLength(Math.max(0, right.length - 1) + (disabled ? 1 : 0));
      }),
    );
  });
});
