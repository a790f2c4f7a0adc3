import { withDeadline } from "../../lib/deadline.ts";
import { IsolateCache, once } from "../../lib/isolate.ts";
import { logFailure } from "../../lib/log.ts";
import { startOfDay, type UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../config/config.ts";
import type { ReadScope } from "../http/router.ts";
import type { DownloadMessage, FileDownloads, UsageMessage, UseMessage } from "./message.ts";
import { Tally } from "./tally.ts";

type Scope = Pick<ReadScope, "env" | "executionCtx" | "var">;

/** Sends a message to the queue after the response. If the queue fails, the count is lost and the request is not. */
export const sendLate = (c: Scope, message: UsageMessage): void => c.executionCtx.waitUntil(send(c, message));

const send = (c: Scope, message: UsageMessage): Promise<unknown> =>
  c.env.DOWNLOADS.send(message).catch((error: unknown) =>
    logFailure("usage.uncounted", error, {
      what: "kind" in message ? message.kind : "download",
      request_id: c.var.requestId,
    }),
  );

/** A write to the statistics that takes longer than this, in milliseconds, goes through the queue as well. */
const PATIENCE_MS = 3_000;

/**
 * Writes a use of a license to the statistics after the response. It costs no message of the queue, which would cost
 * more than the row. If the statistics fail or are slow, the queue keeps the message and delivers it later. Writing it
 * twice counts it once.
 */
export function writeLate(c: Scope, message: DownloadMessage | UseMessage): void {
  c.executionCtx.waitUntil(write(c, message).catch(() => send(c, message)));
}

const write = ({ env }: Scope, message: DownloadMessage | UseMessage): Promise<void> =>
  withDeadline(async () => {
    // An isolate that makes links but serves no bytes never writes.
    const { ownsStatistics } = await import("./owner.ts");
    const { recordUsage } = await import("./store.ts");
    if (!(await ownsStatistics(env))) throw new Error("The statistics belong to another deployment.");
    await recordUsage(env.STATISTICS, [message]);
  }, PATIENCE_MS);

/** The links without a license that this isolate has counted. A link ends after minutes. */
const counted = new IsolateCache<true>(10_000);

/** The free downloads of this isolate. */
const tallyOf = once((_config: Config) => new Tally<Omit<FileDownloads, "count">>());

/**
 * Counts a download after the response. With a license it is exact: a link counts once. Without one, a link that
 * reaches two isolates counts twice. `until`: the end of the link.
 */
export function countLate(c: Scope, message: DownloadMessage, until: UnixSeconds): void {
  if (message.license_id === null) countFree(c, message, until);
  else writeLate(c, message);
}

function countFree(c: Scope, message: DownloadMessage, until: UnixSeconds): void {
  const { now } = c.var;
  const { link_id, worker_id, version, platform, at } = message;
  if (counted.get(link_id, now)) return;
  counted.set(link_id, true, until);
  const downloads = tallyOf(c.var.config).add({ day: startOfDay(at), worker_id, version, platform }, now);
  if (downloads.length > 0) sendLate(c, { kind: "downloads", downloads });
}
