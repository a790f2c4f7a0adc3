import type { Format } from "./domain/catalog/format.ts";
import type { Publishers, Service } from "./platform/http/router.ts";

/** A publisher whose code is evaluated when it publishes: most requests change nothing. */
const later = (load: () => Promise<Publishers["license"]>): Publishers["license"] => ({
  publish: async (env, key) => (await load()).publish(env, key),
  mark: async (env, key) => (await load()).mark(env, key),
});

/** How each room makes its records of the edge copy. */
export const publishers: Publishers = {
  license: later(async () => (await import("./domain/licensing/license/store.ts")).licensePublisher),
  manifest: later(async () => (await import("./domain/releases/manifest-publication.ts")).manifestPublisher),
};

/** The parts that the rooms and `formats` hand to every request and to the cron. */
export const serviceOf = (formats: readonly Format[]): Service => ({
  formats,
  publishers,
  async afterManifest(env) {
    for (const format of formats) await format.afterManifest?.(env, formats);
  },
  sendMails: async (env) => (await import("./domain/mail/sender.ts")).sendMailsSoon(env),
});
