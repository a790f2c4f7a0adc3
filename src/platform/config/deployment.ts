/** The deployment that a ledger belongs to. `name`: the Worker's name at Cloudflare. `public_url`: an origin. */
export type Deployment = { name: string; public_url: string; livemode: boolean };

/** How `own` differs from the deployment that `marked` names, as a sentence with both values; null if it does not. */
export function mismatchOf(marked: Deployment, own: Deployment): string | null {
  const differences = (["name", "public_url", "livemode"] as const).filter((part) => marked[part] !== own[part]);
  if (differences.length === 0) return null;
  const parts = differences.map((part) => `${part} is "${own[part]}" here and "${marked[part]}" there`);
  return `The ledger belongs to another deployment: ${parts.join("; ")}.`;
}
