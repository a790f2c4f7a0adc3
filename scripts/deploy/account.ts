import * as z from "zod";
import { type Cloudflare, CloudflareError } from "./cloudflare.ts";
import { Refused } from "./refusal.ts";

const Named = z.array(z.object({ id: z.string(), name: z.string() }));

/** The account to deploy to: CLOUDFLARE_ACCOUNT_ID, or the token's only one. Throws `Refused` if neither tells. */
export async function accountOf(cloudflare: Cloudflare, env: NodeJS.Dict<string>): Promise<string> {
  if (env["CLOUDFLARE_ACCOUNT_ID"]) return env["CLOUDFLARE_ACCOUNT_ID"];
  const accounts = await cloudflare(Named, "/accounts").catch((error: unknown) => {
    if (error instanceof CloudflareError && error.isForbidden) return [];
    throw error;
  });
  const [account] = accounts;
  if (account === undefined || accounts.length > 1) {
    throw new Refused("Set CLOUDFLARE_ACCOUNT_ID: the token does not say which account to deploy to.");
  }
  return account.id;
}

/** What a deployment does, the permission for it as the dashboard names it, and a request that only reads. */
const PERMISSIONS = [
  ["Account", "Workers Scripts: Edit", "workers/scripts"],
  ["Account", "Workers KV Storage: Edit", "storage/kv/namespaces"],
  ["Account", "Workers R2 Storage: Edit", "r2/buckets"],
  ["Account", "D1: Edit", "d1/database"],
  ["Account", "Queues: Edit", "queues"],
] as const;

/** The permission that a request to a path of the API needs, as the dashboard names it; null for an unknown path. */
export const permissionFor = (path: string): string | null =>
  PERMISSIONS.find(([, , part]) => path.includes(`/${part}`))?.[1] ?? null;

/**
 * Checks that the token is active and may use each part of Cloudflare that a deployment uses. Throws `Refused` with
 * every permission that is missing. A permission to read but not to write shows at the first write only.
 */
export async function requirePermissions(
  cloudflare: Cloudflare,
  account: string,
  hosts: readonly string[],
): Promise<void> {
  await requireActive(cloudflare, account);
  const missing: string[] = [];
  for (const [level, permission, part] of PERMISSIONS) {
    if (!(await mayAsk(cloudflare, `/accounts/${account}/${part}`))) missing.push(`${level} - ${permission}`);
  }
  for (const host of hosts) {
    if (await mayRoute(cloudflare, host)) continue;
    missing.push(`Zone - Zone: Read and Zone - Workers Routes: Edit, for the zone of ${host}`);
  }
  if (missing.length === 0) return;
  const list = missing.map((permission) => `\n  ${permission}`).join("");
  throw new Refused(
    `The API token lacks permissions:${list}\nAdd them to the token at https://dash.cloudflare.com/profile/api-tokens ` +
      "(an account's token: Manage Account, Account API Tokens), and run this again. Nothing has been changed.",
  );
}

const Status = z.object({ status: z.string() });

/** A token of a user and a token of an account are verified at different addresses. */
async function requireActive(cloudflare: Cloudflare, account: string): Promise<void> {
  for (const path of ["/user/tokens/verify", `/accounts/${account}/tokens/verify`]) {
    try {
      const { status } = await cloudflare(Status, path);
      if (status === "active") return;
      throw new Refused(`The API token is ${status}. Make a new one and set CLOUDFLARE_API_TOKEN.`);
    } catch (error) {
      if (!(error instanceof CloudflareError)) throw error;
      // Any other error says nothing about the token, and shows again where an answer is needed.
      if (!error.isForbidden && error.status !== 400) return;
    }
  }
  throw new Refused("Cloudflare does not know the API token in CLOUDFLARE_API_TOKEN, or it has been revoked.");
}

/** False only for a refusal: any other error shows again, and better, where the answer is needed. */
async function mayAsk(cloudflare: Cloudflare, path: string): Promise<boolean> {
  try {
    await cloudflare(z.unknown(), path);
    return true;
  } catch (error) {
    if (error instanceof CloudflareError) return !error.isForbidden;
    throw error;
  }
}

/** Whether the token may route the zone of a host to a Worker. A token that may not read a zone gets an empty list. */
async function mayRoute(cloudflare: Cloudflare, host: string): Promise<boolean> {
  const labels = host.split(".");
  for (let first = 0; first < labels.length - 1; first++) {
    const name = labels.slice(first).join(".");
    try {
      const zones = await cloudflare(Named, "/zones", { query: { name } });
      const zone = zones.find((known) => known.name === name);
      if (zone) return await mayAsk(cloudflare, `/zones/${zone.id}/workers/routes`);
    } catch (error) {
      if (error instanceof CloudflareError) return !error.isForbidden;
      throw error;
    }
  }
  return false;
}
