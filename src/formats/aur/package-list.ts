import { workers } from "../../domain/workers/workers.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import { readRepositories } from "../git/repository-store.ts";
import { type AurPackage, aurPackage } from "./package.ts";

const NAMES = workers.map(({ id }) => id).sort();

/** Every package, in the order of their names, exactly as its repository holds it now. Throws as `readRepositories` does. */
export async function listPackages(env: Env, now: UnixSeconds): Promise<AurPackage[]> {
  const repositories = await readRepositories(env, NAMES, now);
  return [...repositories].flatMap(([name, record]) => aurPackage(name, record) ?? []).sort(byName);
}

const byName = (a: AurPackage, b: AurPackage): number => (a.Name < b.Name ? -1 : 1);
