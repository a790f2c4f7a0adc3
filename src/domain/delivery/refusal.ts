import type { Config } from "../../platform/config/config.ts";
import { Problem, type Refusal } from "../../platform/http/problem.ts";
import { explainRefusal, type LicenseRefusal } from "../licensing/refusal.ts";
import type { Channel } from "../releases/manifest.ts";

/** The reason why a file or a listing is refused: a code, and the facts for the words. */
export type DeliveryRefusal =
  | LicenseRefusal
  | { code: "CREDENTIAL_REQUIRED" | "NOT_ENTITLED"; worker: string }
  | { code: "RELEASE_BLOCKED"; worker: string; version: string }
  /** `channel`: no release for its followers; null: no such version. */
  | { code: "VERSION_NOT_FOUND"; worker: string; channel: Channel | null }
  /** `covered`: the newest version that the license covers, if any. */
  | { code: "VERSION_NOT_COVERED"; version: string; covered: string | null }
  | { code: "ARTIFACT_NOT_FOUND"; worker: string; version: string; filenames: readonly string[] };

/** A refusal in words, with the links that help. */
export function explainDelivery(refusal: DeliveryRefusal, config: Pick<Config, "PURCHASE_URL">): Refusal {
  const extras = { purchase_url: config.PURCHASE_URL };
  switch (refusal.code) {
    case "CREDENTIAL_REQUIRED": {
      const detail = `${refusal.worker} needs a license. Send its key or token, for example in RBEE_LICENSE_TOKEN.`;
      return { code: refusal.code, detail, extras };
    }
    case "NOT_ENTITLED":
      return { code: refusal.code, detail: `The license does not include ${refusal.worker}.`, extras };
    case "RELEASE_BLOCKED":
      return {
        code: refusal.code,
        detail: `${refusal.worker} ${refusal.version} has been withdrawn. Please install a newer version.`,
      };
    case "VERSION_NOT_FOUND":
      return {
        code: refusal.code,
        detail: refusal.channel
          ? `${refusal.worker} has no ${refusal.channel} release.`
          : `${refusal.worker} has no such version: see /v1/workers/${refusal.worker}/versions.`,
      };
    case "VERSION_NOT_COVERED":
      return {
        code: refusal.code,
        detail: refusal.covered
          ? `The license does not cover ${refusal.version}. The newest version that it covers is ${refusal.covered}.`
          : `The license does not cover ${refusal.version}, nor any other version on offer.`,
        extras: { latest_covered_version: refusal.covered, ...extras },
      };
    case "ARTIFACT_NOT_FOUND": {
      const { code, worker, version, filenames } = refusal;
      return { code, detail: `${worker} ${version} has no such file. It has ${filenames.join(", ")}.` };
    }
    default:
      return explainRefusal(refusal, config);
  }
}

/** A refusal as the problem that a route throws. */
export const deliveryProblem = (refusal: DeliveryRefusal, config: Pick<Config, "PURCHASE_URL">): Problem =>
  new Problem(explainDelivery(refusal, config));
