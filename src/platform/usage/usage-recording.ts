import * as z from "zod";
import { logFailure } from "../../lib/log.ts";
import { DownloadMessage, RefusalsMessage, UseMessage } from "./message.ts";
import { downloadWrites, placeWrite, refusalWrites } from "./usage-store.ts";

const Message = z.union([UseMessage, RefusalsMessage, DownloadMessage]);

/**
 * Writes a batch of what the queue carries to the ledger, in one transaction of three statements a message at most. Throws what D1
 * throws; the queue then delivers the batch again. A message of no known shape is dropped and logged.
 */
export async function recordUsage(db: D1Database, bodies: readonly unknown[]): Promise<void> {
  const writes = bodies.flatMap((body) => {
    const message = Message.safeParse(body);
    if (message.success) return writesOf(db, message.data);
    logFailure("usage.malformed", z.prettifyError(message.error));
    return [];
  });
  if (writes.length > 0) await db.batch(writes);
}

function writesOf(db: D1Database, message: z.infer<typeof Message>): D1PreparedStatement[] {
  if (!("kind" in message)) return downloadWrites(db, message);
  return message.kind === "use"
    ? [placeWrite(db, message.license_id, message.place, message.at)]
    : refusalWrites(db, message.refusals);
}
