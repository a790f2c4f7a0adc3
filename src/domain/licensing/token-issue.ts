import { z } from "@hono/zod-openapi";
import { HOUR, toRfc3339 } from "../../lib/time.ts";
import { Problem } from "../../platform/http/problem.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { Timestamp } from "../../platform/http/schemas.ts";
import type { Actor } from "../../platform/storage/ledger.ts";
import { placeOf, sendLate } from "../../platform/usage/message.ts";
import type { License, MachineRow } from "./license-record.ts";
import { standingOf } from "./license-status.ts";
import { licenseTokenClaims, signLicenseToken, TOKEN_LIFETIME, tokenExpiry } from "./license-token.ts";
import { machineDeactivated } from "./license-use.ts";
import { LicenseView, licenseView, MachineView, machineView } from "./license-view.ts";
import { recordLease, seeMachine } from "./machine-store.ts";
import { licensingSecrets } from "./secrets.ts";
import { statusPlace } from "./status-list.ts";

export const TokenView = z
  .object({
    token: z.string().openapi({ example: "eyJhbGciOiJFZERTQSIsInR5cCI6InJiZWUtbGljZW5zZStqd3QifQ.eyJ..." }),
    token_type: z.literal("Bearer"),
    expires_at: Timestamp,
    warning: LicenseView.shape.warning,
    license: LicenseView,
    machine: MachineView,
  })
  .openapi("LicenseToken");

/**
 * A token for an active machine of a license that the caller has found to be in force. A lease (`offline`) is written to the
 * ledger before it is handed out, because it keeps its seat. Throws MACHINE_DEACTIVATED when the machine has just lost its
 * seat.
 */
export async function issueToken(
  c: RequestScope,
  license: License,
  machine: MachineRow,
  offline: boolean,
  actor: Actor,
): Promise<z.infer<typeof TokenView>> {
  const { now } = actor;
  const issuer = c.var.config.PUBLIC_URL;
  const standing = standingOf(license, now);
  const allowed = tokenExpiry(license, standing.status === "active" ? standing.ends_at : now, offline, now);
  // A lease that has hardly aged is handed out again: asking for it over and over writes nothing.
  const isFresh = allowed >= machine.lease_until && allowed - machine.lease_until < HOUR;
  const expiresAt = isFresh ? machine.lease_until : allowed;
  if (expiresAt > now + TOKEN_LIFETIME && !isFresh) {
    if (!(await recordLease(c.env.DB, license.id, machine.id, expiresAt, actor))) throw new Problem(machineDeactivated);
  } else {
    await seeMachine(c.env.DB, machine.id, now);
  }
  const place = placeOf(c.req.raw);
  if (place) sendLate(c, { kind: "use", license_id: license.id, place, at: now });
  const { list, idx } = statusPlace(license.status_index);
  const issued = { issuer, statusUri: `${issuer}/v1/licenses/status/${list}`, statusIdx: idx };
  const claims = licenseTokenClaims(license, machine.fingerprint_hash, issued, expiresAt, now);
  const { keyring } = await licensingSecrets(c.var.config);
  const view = licenseView(license, now);
  return {
    token: await signLicenseToken(claims, keyring),
    token_type: "Bearer",
    expires_at: toRfc3339(expiresAt),
    warning: view.warning,
    license: view,
    machine: machineView({ ...machine, last_seen_at: now }),
  };
}
