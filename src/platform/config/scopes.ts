/** What an admin credential may do. `owner` may do everything and is the only one that makes owners. */
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

/** What a route can ask for: a scope, or the reading half of one that exists only for writing. */
export type NeededScope = Scope | "tokens:read";

/** Whether `held` allows what `needed` names. `owner` allows all; writing a noun allows reading it. */
export function allows(held: readonly Scope[], needed: NeededScope): boolean {
  if (held.includes("owner")) return true;
  const writing = needed.replace(/:read$/, ":write");
  return held.some((scope) => scope === needed || scope === writing);
}

/** Whether `held` allows every one of `wanted`: what may be handed on to another credential. */
export const allowsAll = (held: readonly Scope[], wanted: readonly Scope[]): boolean =>
  wanted.every((scope) => allows(held, scope));
