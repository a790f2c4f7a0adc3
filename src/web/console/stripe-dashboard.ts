/** The parts of Stripe's dashboard by the kinds of ids that have a page of their own there. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ["cus", "customers"],
  ["sub", "subscriptions"],
  ["pi", "payments"],
  ["ch", "payments"],
  ["py", "payments"],
  ["in", "invoices"],
  ["dp", "disputes"],
  ["du", "disputes"],
  ["evt", "events"],
]);

/** Where Stripe's dashboard shows a thing of Stripe's, by its id; where it has no page, what a search for it finds. */
export function stripeLink(id: string, livemode: boolean): string {
  const base = `https://dashboard.stripe.com/${livemode ? "" : "test/"}`;
  const part = PARTS.get(id.slice(0, id.indexOf("_")));
  return (
    base + (part === undefined ? `search?${new URLSearchParams({ query: id })}` : `${part}/${encodeURIComponent(id)}`)
  );
}
