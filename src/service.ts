import type { Format } from "./domain/catalog/format.ts";
import { licensePublisher } from "./domain/licensing/license/store.ts";
import { sendMailsSoon } from "./domain/mail/sender.ts";
import { manifestPublisher } from "./domain/releases/manifest-publication.ts";
import type { Publishers, Service } from "./platform/http/router.ts";

/** How each room makes its records of the edge copy. */
export const publishers: Publishers = { license: licensePublisher, manifest: manifestPublisher };

/** The parts that the rooms and `formats` hand to every request and to the cron. */
export const serviceOf = (formats: readonly Format[]): Service => ({
  formats,
  publishers,
  async afterManifest(env) {
    for (const format of formats) await format.afterManifest?.(env, formats);
  },
  sendMails: sendMailsSoon,
});
