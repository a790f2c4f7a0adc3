import type { FC } from "hono/jsx";

/** An actor of the audit trail in words. */
function actorWords(actor: string): string {
  const [kind = "", name = ""] = actor.split(/:(.*)/s);
  switch (kind) {
    case "license":
      return "its holder";
    case "account":
    case "customer":
      return "its owner, in the account";
    case "checkout":
      return "its checkout";
    case "recovery":
      return "a mailed link";
    case "token":
      return `token ${name}`;
    case "access":
      return name;
    case "stripe":
      return `Stripe (${name})`;
    case "reconciliation":
      return "the comparison with Stripe";
    case "system":
      return "the system";
    default:
      return actor;
  }
}

/** Who did something, leading to all that they did. */
export const ActorName: FC<{ actor: string }> = ({ actor }) => (
  <a href={`/admin/audit?${new URLSearchParams({ actor })}`}>{actorWords(actor)}</a>
);
