import type { Backlog } from "../../domain/figures/backlog.ts";
import { MINUTE, type UnixSeconds } from "../../lib/time.ts";
import { counted } from "../page/kit.ts";

/** After how long a cron that runs each minute is late, in seconds. */
const CRON_LATE = 10 * MINUTE;

/** What does not go on by itself or not as fast as it should at `now`, in words; empty: all is well. */
export function troubles({ outbox, mails, events, cron_at }: Backlog, now: UnixSeconds): string[] {
  const age = (at: UnixSeconds | null) => (at === null ? 0 : now - at);
  return [
    ...(now - cron_at > CRON_LATE ? ["the cron has not run for ten minutes"] : []),
    ...(age(outbox.oldest_at) > 2 * MINUTE ? [`${counted(outbox.waiting, "change")} not published yet`] : []),
    ...(age(events.oldest_at) > 5 * MINUTE ? [`${counted(events.waiting, "payment event")} not handled`] : []),
    ...(events.attention > 0 ? [`${counted(events.attention, "payment event")} for a person to look at`] : []),
    ...(age(mails.oldest_at) > 15 * MINUTE ? [`${counted(mails.waiting, "mail")} not sent yet`] : []),
    ...(mails.given_up > 0 ? [`${counted(mails.given_up, "mail")} given up`] : []),
  ];
}
