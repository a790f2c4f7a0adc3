import { currentTime } from "../../lib/time.ts";
import type { RequestScope } from "../../platform/http/router.ts";
import { sendLate } from "../../platform/usage/message.ts";
import { placeOf } from "../../platform/usage/place.ts";
import type { Delivery } from "./decision.ts";
import type { Link } from "./link/link.ts";

/** Counts a download after the response has gone. A queue that is down costs the count, never the download. */
export const countDownload = (c: RequestScope, link: Link, { artifact }: Delivery): void =>
  sendLate(c, {
    link_id: link.id,
    worker_id: link.workerId,
    version: link.version,
    platform: artifact.platform,
    license_id: link.holder?.licenseId ?? null,
    machine: link.holder?.machine ?? null,
    place: link.holder && placeOf(c.req.raw),
    at: currentTime(),
  });
