import { licensePublisher } from "./domain/licensing/license/store.ts";
import { sendMailsSoon } from "./domain/mail/sender.ts";
import { manifestPublisher } from "./domain/releases/manifest-publication.ts";
import { publishRepositories } from "./formats/git/repository.ts";
import { currentTime } from "./lib/time.ts";
import type { Publishers, Service } from "./platform/http/router.ts";

/** How each room makes its records of the edge copy. */
export const publishers: Publishers = { license: licensePublisher, manifest: manifestPublisher };

/** The parts that the rooms hand to every request and to the cron. */
export const service: Service = {
  publishers,
  afterManifest: (env) => publishRepositories(env, currentTime()),
  sendMails: sendMailsSoon,
};
