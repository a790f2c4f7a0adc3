import { decodeJwt } from "jose";
import * as z from "zod";
import type { CatalogClient } from "../src/cli/catalog-client.ts";
import { hashFingerprint } from "../src/domain/licensing/machine/fingerprint.ts";
import { createKeyring, type SigningJwk } from "../src/domain/licensing/token/signing-keys.ts";
import { STATUS_INDEX_SPACE } from "../src/domain/licensing/token/status-list.ts";
import { type LicenseTokenClaims, signLicenseToken } from "../src/domain/licensing/token/token.ts";
import { hashAdminToken, newAdminToken } from "../src/lib/credential.ts";
import { newId } from "../src/lib/id.ts";
import { currentTime } from "../src/lib/time.ts";
import type { Harness } from "./harness.ts";

const Issued = z.looseObject({ license: z.looseObject({ id: z.string() }), key: z.string() });
const Activated = z.looseObject({ token: z.string() });
/** The fields of an edge record that differ between a license and its copy. */
const EdgeRecord = z.looseObject({ id: z.string(), machines: z.array(z.string()) });

/** The fingerprint of the machine of every sample license. */
export const FINGERPRINT = "benchmark";

/** A license and the token of its one machine. */
export type SampleLicense = { id: string; token: string };

/** Issues a license as an admin and activates it as a hive, through the service. `client` sends an admin token. */
export async function issueLicense(client: CatalogClient): Promise<SampleLicense> {
  const { license, key } = await client.json(Issued, {
    method: "POST",
    path: "/v1/admin/licenses",
    body: { plan: "premium-lifetime", email: "bench@example.com" },
  });
  const { token } = await client.json(Activated, {
    method: "POST",
    path: "/v1/licenses/activate",
    credential: key,
    body: { fingerprint: FINGERPRINT },
  });
  return { id: license.id, token };
}

/**
 * Copies a license that the service has issued, in the ledger and in the edge copy. Each copy has its own id, machine
 * and token. Copying is used because issuing ten thousand one by one would take minutes.
 */
export async function copyLicense(harness: Harness, original: SampleLicense, count: number): Promise<SampleLicense[]> {
  const { ledger, edge } = harness;
  const keyring = await createKeyring(JSON.parse(harness.secrets["LICENSE_SIGNING_KEY"] ?? "") as SigningJwk, []);
  const claims = decodeJwt<LicenseTokenClaims>(original.token);
  const record = EdgeRecord.parse(await edge.get(`license:${original.id}`, "json"));
  const copies = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const id = newId("lic");
      const machine = await hashFingerprint(id, FINGERPRINT);
      const token = await signLicenseToken({ ...claims, sub: id, jti: crypto.randomUUID(), machine }, keyring);
      // The indices lie outside the service's range, so that they are never taken.
      const status_index = STATUS_INDEX_SPACE + 2 * index;
      return { id, machine, token, machine_id: newId("mach"), status_index, machine_index: status_index + 1 };
    }),
  );
  const rows = JSON.stringify(copies.map(({ token: _, ...row }) => row));
  const differing = {
    licenses: { id: "id", status_index: "status_index" },
    machines: { id: "machine_id", license_id: "id", fingerprint_hash: "machine", status_index: "machine_index" },
  };
  for (const [table, differs] of Object.entries(differing)) await copyRow(ledger, table, differs, rows, original.id);
  // In one request, because ten thousand would take far longer.
  const records = copies.map(({ id, machine }) => [`license:${id}`, { ...record, id, machines: [machine] }]);
  await harness.tellBare("/kv", records);
  return copies;
}

/** Copies the original's row of `table` once for each of `rows`. The columns in `differs` come from the row. */
async function copyRow(
  ledger: Harness["ledger"],
  table: string,
  differs: Record<string, string>,
  rows: string,
  licenseId: string,
): Promise<void> {
  const { results } = await ledger.prepare(`SELECT name FROM pragma_table_info('${table}')`).all<{ name: string }>();
  const columns = results.map(({ name }) => name);
  const values = columns.map((name) => (name in differs ? `copy.value ->> '${differs[name]}'` : `original.${name}`));
  const owner = table === "licenses" ? "id" : "license_id";
  await ledger
    .prepare(
      `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${values.join(", ")}
       FROM ${table} AS original, json_each(?) AS copy WHERE original.${owner} = ?`,
    )
    .bind(rows, licenseId)
    .run();
}

/** Adds an owner token to the ledger and returns it. Only an owner could create one through the API. */
export async function createOwnerToken(ledger: Harness["ledger"]): Promise<string> {
  const token = newAdminToken();
  await ledger
    .prepare(
      `INSERT INTO admin_tokens (id, name, token_hash, scopes, created_at, last_change)
       VALUES (?, 'benchmark', ?, '["owner"]', ?, ?)`,
    )
    .bind(newId("adm"), await hashAdminToken(token), currentTime(), newId("chg"))
    .run();
  return token;
}
