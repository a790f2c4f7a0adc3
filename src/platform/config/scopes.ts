/** The scopes of an admin credential. `owner` includes all others, and only an owner can make another owner. */
export const SCOPES = [
  "owner",
  "licenses:read",
  "licenses:write",
  "licenses:issue",
  "money:refund",
  "money:read",
  "releases:read",
  "releases:write",
  "releases:withdraw",
  "audit:read",
  "stats:read",
  "tokens:write",
  "webhooks:write",
] as const;

export type Scope = (typeof SCOPES)[number];

/** A scope that a route requires: `tokens:read` has no scope of its own, so `tokens:write` is needed for it. */
export type NeededScope = Scope | "tokens:read";

/** The reading that each scope to act includes, because nobody can act on a thing without seeing it. */
const READING: Partial<Record<Scope, NeededScope>> = {
  "licenses:write": "licenses:read",
  "licenses:issue": "licenses:read",
  "money:refund": "licenses:read",
  "releases:write": "releases:read",
  "releases:withdraw": "releases:read",
  "tokens:write": "tokens:read",
  "webhooks:write": "audit:read",
};

/** Whether `held` allows `needed`. `owner` allows all; a scope to act allows to read the same things. */
export const allows = (held: readonly Scope[], needed: NeededScope): boolean =>
  held.some((scope) => scope === "owner" || scope === needed || READING[scope] === needed);

/** Whether `held` allows every scope in `wanted`, so that its holder may grant them to another credential. */
export const allowsAll = (held: readonly Scope[], wanted: readonly Scope[]): boolean =>
  wanted.every((scope) => allows(held, scope));

/** The current division of the scopes. In version 1 three scopes allowed routine and irreversible acts together. */
export const SCOPES_VERSION = 2;

/** The scopes that an older scope has been divided into, apart from itself. */
const DIVIDED: Partial<Record<Scope, readonly Scope[]>> = {
  "licenses:write": ["licenses:issue", "money:refund"],
  "releases:write": ["releases:withdraw"],
};

/** The scopes that scopes granted under `version` mean now: those of version 1 keep all that they allowed. */
export function currentScopes(scopes: readonly Scope[], version: number): Scope[] {
  if (version >= SCOPES_VERSION) return [...scopes];
  const meant = new Set(scopes.flatMap((scope) => [scope, ...(DIVIDED[scope] ?? [])]));
  return SCOPES.filter((scope) => meant.has(scope));
}

/** Whether `scopes` granted under `version` allow more than the same names do now, so that they should be renewed. */
export const needsRenewal = (scopes: readonly Scope[], version: number): boolean =>
  version < SCOPES_VERSION && !scopes.includes("owner") && scopes.some((scope) => DIVIDED[scope] !== undefined);

/** The scopes of a token that is limited to some workers. The others act on things that belong to no worker. */
export const WORKER_SCOPES: readonly Scope[] = ["releases:read", "releases:write", "releases:withdraw"];
