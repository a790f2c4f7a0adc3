import { isLoopback } from "../../../lib/loopback.ts";
import type { Config, ConfigFault } from "../../../platform/config/config.ts";
import { type Finding, fail, pass, warn } from "../finding.ts";
import { isSecretName } from "./secret.ts";

/** One finding for each faulty variable; one that passes if there is none. */
export function checkConfiguration(faults: readonly ConfigFault[]): Finding[] {
  if (faults.length === 0) return [pass("configuration", "Every variable and secret has a valid form.")];
  return faults.map(({ variable, message }) =>
    fail("configuration", `${variable}: ${message}.`, {
      subject: variable,
      remedy: isSecretName(variable)
        ? `Set it with \`npx wrangler secret put ${variable}\`. The service answers again a moment later.`
        : `Correct ${variable} below [vars] in wrangler.toml and run \`pnpm run deploy\`.`,
    }),
  );
}

/** Whether the Worker runs as production, or on loopback as in development. */
export function checkEnvironment({
  ENVIRONMENT,
  PUBLIC_URL,
  LIVEMODE,
}: Pick<Config, "ENVIRONMENT" | "PUBLIC_URL" | "LIVEMODE">): Finding {
  const isLocal = isLoopback(new URL(PUBLIC_URL).hostname);
  if (ENVIRONMENT === "production") {
    if (isLocal) return fail("environment", `PUBLIC_URL is ${PUBLIC_URL}, which no hive can reach.`);
    return pass("environment", `Production at ${PUBLIC_URL}, with ${LIVEMODE ? "live" : "test"} payments.`);
  }
  if (isLocal) return pass("environment", `A development server at ${PUBLIC_URL}.`);
  return fail(
    "environment",
    `ENVIRONMENT is development at ${PUBLIC_URL}: stand-ins and unsigned releases are allowed.`,
  );
}

/** Whether the request came to PUBLIC_URL or another configured origin. `asked`: the origin of the request's URL. */
export function checkAddress(
  asked: string,
  { PUBLIC_URL, OTHER_ORIGINS }: Pick<Config, "PUBLIC_URL" | "OTHER_ORIGINS">,
): Finding {
  if (asked === PUBLIC_URL) return pass("address", `The Worker was asked at ${PUBLIC_URL}.`);
  if (OTHER_ORIGINS.includes(asked)) return pass("address", `The Worker was asked at ${asked}, of OTHER_ORIGINS.`);
  const isLocal = isLoopback(new URL(asked).hostname) && isLoopback(new URL(PUBLIC_URL).hostname);
  if (isLocal) return pass("address", `The Worker was asked at ${asked}, on loopback like its ${PUBLIC_URL}.`);
  return warn("address", `The Worker answers at ${asked}, too, but its PUBLIC_URL is ${PUBLIC_URL}.`);
}
