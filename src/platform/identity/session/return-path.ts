import { holdsCredential } from "../../../lib/credential.ts";
import { PLACES, type Place } from "./session.ts";

/** No request can be answered with a longer `Location`, and none of our paths comes near. */
const MAX_LENGTH = 2000;

/**
 * Where to go after signing in to `place`: `wanted` if it is a path of that place, else its first page. What a URL parser makes
 * of it is what counts, so `//host`, `/\host`, `/account/../x` and control characters lead to no other site and no other place.
 */
export function returnPath(place: Place, wanted: string | undefined): string {
  const { root, signIn } = PLACES[place];
  const base = "https://here.invalid";
  if (wanted === undefined || wanted.length > MAX_LENGTH || !URL.canParse(wanted, base)) return root;
  const { origin, pathname, search } = new URL(wanted, base);
  const isInside = origin === base && (pathname === root || pathname.startsWith(`${root}/`));
  return isInside && !pathname.startsWith(signIn) ? pathname + search : root;
}

/** The sign-in page of `place`, which leads back to `request` if that was a page. No address that holds a credential is repeated. */
export function signInPath(place: Place, request: Request): string {
  const { root, signIn } = PLACES[place];
  const { pathname, search } = new URL(request.url);
  const wanted = returnPath(place, pathname + search);
  return request.method !== "GET" || wanted === root || holdsCredential(wanted)
    ? signIn
    : `${signIn}?${new URLSearchParams({ return: wanted })}`;
}
