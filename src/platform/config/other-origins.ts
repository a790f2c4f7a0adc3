import { isLoopback } from "../../lib/loopback.ts";

type Environment = "production" | "development";

/** The addresses that upstream's newest clients ask: the built-in ones of its marketplace's adapters. */
const DEFAULTS: Readonly<Record<Environment, string>> = {
  production: "https://gwc.rbee.dev",
  development: "http://localhost:7811 http://127.0.0.1:7811 http://[::1]:7811",
};

/**
 * The origins that the service is asked at besides `PUBLIC_URL`. There, `/workers` answers the grouped list of
 * upstream's newest clients. `PUBLIC_URL` itself never counts, because older clients decode its list.
 */
export const otherOrigins = ({
  ENVIRONMENT,
  PUBLIC_URL,
  OTHER_ORIGINS = DEFAULTS[ENVIRONMENT],
}: {
  ENVIRONMENT: Environment;
  PUBLIC_URL: string;
  OTHER_ORIGINS?: string | undefined;
}): string[] => OTHER_ORIGINS.split(/\s+/).filter((origin) => origin !== "" && origin !== PUBLIC_URL);

/** Whether a text is an origin that may be asked: https, or on loopback in development. */
export function isOtherOrigin(text: string, environment: Environment): boolean {
  const url = URL.parse(text);
  if (url?.origin !== text) return false;
  return url.protocol === "https:" || (environment === "development" && isLoopback(url.hostname));
}
