import type { UnixSeconds } from "../../lib/time.ts";
import { type ActLimits, COUNTED_ACT_NAMES } from "../../platform/config/act-limits.ts";
import { actorIdOf, readActVolumes, unusualVolumes } from "../../platform/identity/act-volume.ts";
import type { Metric } from "./metrics.ts";

/** The metrics of admins' acts since 00:00 UTC, by act and actor, with their alarms. Throws D1's errors. */
export async function readActMetrics(db: D1Database, limits: ActLimits, now: UnixSeconds): Promise<Metric[]> {
  const volumes = await readActVolumes(db, now);
  const samples = volumes.map(async ({ act, actor, count }) => ({
    labels: { act, actor: await actorIdOf(actor) },
    value: count,
  }));
  return [
    {
      name: "rbee_admin_acts_today",
      help: "Acts of admins since 00:00 UTC, by act and actor.",
      samples: await Promise.all(samples),
    },
    {
      name: "rbee_admin_acts_alarm",
      help: "Acts of one actor in a day from which on they are unusual.",
      samples: COUNTED_ACT_NAMES.map((act) => ({ labels: { act }, value: limits[act].alarm })),
    },
    {
      name: "rbee_admin_acts_unusual",
      help: "Pairs of an act and an actor that have reached the alarm today.",
      samples: [{ labels: {}, value: unusualVolumes(volumes, limits).length }],
    },
  ];
}
