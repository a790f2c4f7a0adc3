import * as z from "zod";

/** The deployment that a ledger belongs to. `name`: the Worker's name at Cloudflare. `public_url`: an origin. */
export type Deployment = { name: string; public_url: string; livemode: boolean };

/** How `own` differs from the deployment that `marked` names, as a sentence with both values; null if it does not. */
export function mismatchOf(marked: Deployment, own: Deployment): string | null {
  const differences = (["name", "public_url", "livemode"] as const).filter((part) => marked[part] !== own[part]);
  if (differences.length === 0) return null;
  const parts = differences.map((part) => `${part} is "${own[part]}" here and "${marked[part]}" there`);
  return `The ledger belongs to another deployment: ${parts.join("; ")}.`;
}

/** The key of the mark in KV and R2. No record and no object of a release has such a key. */
export const MARK_KEY = "deployment";

const Mark = z.object({ name: z.string(), public_url: z.string(), livemode: z.boolean() });

/** The deployment in the text of a mark; null for another text. */
export function parseMark(text: string): Deployment | null {
  try {
    return Mark.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
