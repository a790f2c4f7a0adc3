import type Stripe from "stripe";
import type { Calls, Permission } from "./permissions.ts";

/** The part of the SDK that the path `a.b.c` leads to. `never`, and a compile error, if the SDK has no such method. */
type At<Api, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof Api
    ? { readonly [Name in Head]: At<Api[Head], Rest> }
    : never
  : Path extends keyof Api
    ? { readonly [Name in Path]: Api[Path] }
    : never;

type Both<Parts> = (Parts extends unknown ? (part: Parts) => void : never) extends (part: infer All) => void
  ? All
  : never;

type Distributed<Path> = Path extends string ? At<Stripe, Path> : never;

/** A client of Stripe that has only these methods of the SDK. */
export type ClientOf<Declared extends Calls> = Both<Distributed<keyof Declared>>;

/**
 * The client of Stripe with the declared methods and no other. Therefore the list of permissions is complete: an
 * undeclared call does not compile, and does not exist. A refusal for a missing permission gets the permissions that
 * the call needs (`neededBy`).
 */
export function clientOf<const Declared extends Calls>(sdk: Stripe, calls: Declared): ClientOf<Declared> {
  const client: Record<string, unknown> = {};
  for (const [path, needed] of Object.entries(calls)) {
    const names = path.split(".");
    const method = names.pop() ?? "";
    let owner: object = sdk;
    let place = client;
    for (const name of names) {
      owner = Reflect.get(owner, name);
      place[name] ??= {};
      place = place[name] as Record<string, unknown>;
    }
    place[method] = noting(Reflect.get(owner, method).bind(owner), needed);
  }
  return client as ClientOf<Declared>;
}

/** Errors of refused calls, with the permissions that those calls need. */
const needs = new WeakMap<Error, readonly Permission[]>();

/** The permissions that the refused call needs, if `error` is from a declared call; else none. */
export const neededBy = (error: Error): readonly Permission[] => needs.get(error) ?? [];

type Method = (...args: unknown[]) => Promise<unknown>;

/** The same method. Its result stays the SDK's own promise, which can also iterate over pages. */
const noting =
  (method: Method, needed: readonly Permission[]): Method =>
  (...args) => {
    const answer = method(...args);
    answer.catch((error: unknown) => {
      if (error instanceof Error) needs.set(error, needed);
    });
    return answer;
  };
