import { currentTime } from "../../lib/time.ts";
import { writeEdge } from "../../platform/storage/edge-store.ts";
import type { Publishers } from "../../platform/storage/outbox.ts";
import { licenseRecordOf } from "./license-record.ts";
import { readLicense } from "./license-store.ts";

/** Publishes a license's edge copy; the mark is its revision, which every change of it or of its machines raises. */
export const licensePublisher: Publishers["license"] = {
  async publish(env, licenseId) {
    // The time comes before the read: a credential issued after it may know more than the record does.
    const now = currentTime();
    const license = await readLicense(env.DB, licenseId);
    if (!license) throw new Error(`no license ${licenseId} to publish`);
    await writeEdge(env.EDGE, `license:${licenseId}`, licenseRecordOf(license, now), now);
    return String(license.revision);
  },
  async mark(env, licenseId) {
    const row = await env.DB.prepare("SELECT revision FROM licenses WHERE id = ?")
      .bind(licenseId)
      .first<{ revision: number }>();
    return String(row?.revision);
  },
};
