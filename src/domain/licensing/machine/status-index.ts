import * as z from "zod";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { LicenseRow, MachineRow } from "../license/record.ts";
import { type LicenseRefusal, refusalOfGeneration } from "../refusal.ts";
import { STATUS_INDEX_SPACE } from "../token/status-list.ts";

/** The indices that are tried for one draw. If nine of ten are taken, one draw in a thousand finds none free. */
const CANDIDATES = 64;

/** Random status indices as a JSON array, for `FREE_INDEX_SQL`. */
export const drawIndices = (): string =>
  JSON.stringify(Array.from(crypto.getRandomValues(new Uint32Array(CANDIDATES)), (n) => n % STATUS_INDEX_SPACE));

/**
 * The first of the drawn indices (`parameter`, from `drawIndices`) that no license, machine or spent place has, or
 * NULL. D1 runs one transaction at a time, so two draws cannot give the same index.
 */
export const freeIndexSql = (parameter: string): string =>
  `(SELECT drawn.value FROM json_each(${parameter}) AS drawn
    WHERE NOT EXISTS (SELECT 1 FROM licenses AS taken WHERE taken.status_index = drawn.value)
      AND NOT EXISTS (SELECT 1 FROM machines AS taken WHERE taken.status_index = drawn.value)
      AND NOT EXISTS (SELECT 1 FROM spent_status_indices AS taken WHERE taken.status_index = drawn.value) LIMIT 1)`;

const Drawn = z.object({
  generation: z.number(),
  deactivated_at: z.number().nullable(),
  status_index: z.number().nullable(),
});

/**
 * The status index for tokens of an active machine. The machine has one since it took its seat. It draws one here if
 * the license key has been rotated since, or if the seat is older than the indices of machines. Errors: KEY_ROTATED and
 * MACHINE_DEACTIVATED for a change since `license` was read. The license's own index is the answer if 64 draws find
 * none free; only the whole license can then be recalled offline.
 */
export async function statusIndexOf(
  db: D1Database,
  license: Pick<LicenseRow, "generation" | "status_index">,
  machine: Pick<MachineRow, "id" | "status_index" | "status_generation">,
): Promise<Result<number, LicenseRefusal>> {
  const { generation } = license;
  if (machine.status_index !== null && machine.status_generation === generation) return ok(machine.status_index);
  const draws = db
    .prepare(
      `UPDATE machines SET status_index = ${freeIndexSql("?3")}, status_generation = ?2
       WHERE id = ?1 AND deactivated_at IS NULL AND (status_index IS NULL OR status_generation <> ?2)
         AND EXISTS (SELECT 1 FROM licenses WHERE id = machines.license_id AND generation = ?2)`,
    )
    .bind(machine.id, generation, drawIndices());
  const reads = db
    .prepare(
      `SELECT generation, deactivated_at, machines.status_index FROM machines JOIN licenses ON licenses.id = license_id
       WHERE machines.id = ?`,
    )
    .bind(machine.id);
  const [, read] = await db.batch([draws, reads]);
  const row = Drawn.safeParse(read?.results[0]);
  if (!row.success || row.data.deactivated_at !== null) return err({ code: "MACHINE_DEACTIVATED" });
  const refusal = refusalOfGeneration(row.data.generation, generation);
  return refusal ? err(refusal) : ok(row.data.status_index ?? license.status_index);
}
