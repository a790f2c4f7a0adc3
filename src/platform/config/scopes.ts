/** The scopes of an admin credential. `owner` includes all others, and only an owner can make another owner. */
export const SCOPES = [
  "owner",
  "licenses:read",
  "licenses:write",
  "releases:read",
  "releases:write",
  "audit:read",
  "stats:read",
  "tokens:write",
] as const;

export type Scope = (typeof SCOPES)[number];

/** A scope that a route requires: `tokens:read` has no scope of its own, so `tokens:write` is needed for it. */
export type NeededScope = Scope | "tokens:read";

/** Whether `held` allows `needed`. `owner` allows all; `noun:write` allows `noun:read`. */
export function allows(held: readonly Scope[], needed: NeededScope): boolean {
  if (held.includes("owner")) return true;
  const writing = needed.replace(/:read$/, ":write");
  return held.some((scope) => scope === needed || scope === writing);
}

/** Whether `held` allows every scope in `wanted`, so that its holder may grant them to another credential. */
export const allowsAll = (held: readonly Scope[], wanted: readonly Scope[]): boolean =>
  wanted.every((scope) => allows(held, scope));
