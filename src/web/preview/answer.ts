import { allows, type NeededScope, type Scope } from "../../platform/config/scopes.ts";
import { Problem, z } from "../../platform/http/route.ts";

/** The answer of every preview. */
export const PreviewAnswer = z
  .object({
    act: z.string().openapi({ example: "refund" }),
    subject: z.string().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    about: z.string().openapi({
      description: "The thing that the act changes, for the person who decides.",
      example: "ada@example.com · premium-monthly",
    }),
    consequences: z.array(z.string()).openapi({
      description: "The consequences of the act now, a sentence each.",
      example: ["The customer gets €279 back, all that is left of the last payment."],
    }),
  })
  .openapi("ActPreview");

/** The description of every preview. */
export const DESCRIPTION =
  "The consequences of an act, a sentence each, by the decision of the act itself. It changes nothing. It needs the scope " +
  "of the act, and is refused as the act would be.";

/** Throws INSUFFICIENT_SCOPE unless the admin may carry the act out. Call it before anything is read. */
export function requireScopeOf({ scopes }: { scopes: readonly Scope[] }, needed: NeededScope): void {
  if (allows(scopes, needed)) return;
  throw new Problem({ code: "INSUFFICIENT_SCOPE", detail: `This needs the scope ${needed}.` });
}
