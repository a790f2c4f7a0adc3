import type { AdminToken } from "../../../platform/identity/admin-token.ts";
import type { AdminActor } from "../../../platform/identity/authentication.ts";
import { checkMayKeep, countDependents, readManagedToken } from "../../../platform/identity/token-acts.ts";
import { counted, sentences } from "../../page/kit.ts";

/** A sentence about the tokens that end with this one; false if there are none. */
export const dependentsInWords = (count: number, unless = ""): string | false =>
  count > 0 && `${counted(count, "token")} made by it ${count === 1 ? "ends" : "end"} with it${unless}.`;

/** A token that an admin may revoke, and the number of tokens in force that end with it. */
export type RevocableToken = { token: AdminToken; dependents: number };

/** Reads a token for its revocation. Throws like `readManagedToken`. */
export async function readRevocable(db: D1Database, admin: AdminActor, id: string): Promise<RevocableToken> {
  const token = await readManagedToken(db, admin, id);
  return { token, dependents: await countDependents(db, id, admin.now) };
}

/** The consequences of a revocation by `admin`, a sentence each. Throws like `checkMayKeep`. */
export function previewRevocation(
  { token, dependents }: RevocableToken,
  admin: AdminActor,
  { keepChildren }: { keepChildren: boolean },
): string[] {
  if (keepChildren) checkMayKeep(admin);
  if (token.revoked_at !== null) return ["Nothing changes: the token is revoked already."];
  return sentences(
    "The API, the command line and the console refuse it at once.",
    "Its sessions end.",
    keepChildren
      ? "The tokens that it made keep working without it."
      : dependentsInWords(dependents, ", unless an owner keeps them"),
    admin.token?.id === token.id && "You are signed in with this token, so you are signed out.",
    "This can't be undone. You can create another token.",
  );
}
