import { isLoopback } from "../../../lib/loopback.ts";
import { err, ok, type Result } from "../../../lib/result.ts";
import type { Config } from "../../../platform/config/config.ts";

type Surroundings = Pick<Config, "ENVIRONMENT" | "PUBLIC_URL" | "OTHER_ORIGINS">;

/** The ports that a receiver may listen on: those that a URL of a public service has. */
const PORTS: readonly string[] = ["", "8443"];

/**
 * The ends of names that no public service has: names of a local network, of this machine, and those that the IANA
 * keeps for other uses (Special-Use Domain Names).
 */
const PRIVATE_NAME =
  /(^|\.)(localhost|local|localdomain|internal|intranet|private|corp|home|lan|arpa|invalid|test|onion|alt)$/;

/** A name with an end that is a word: it is no address of IPv4 or IPv6, in any notation. */
const PUBLIC_NAME = /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z]([a-z0-9-]*[a-z0-9])$/;

/**
 * The URL that events may be sent to, as `URL` writes it, or the reason against it. It must not lead into a network
 * that only the Worker reaches (SSRF): https, a public name, a usual port, no credentials, and not this service itself.
 * In development http on loopback is accepted as well.
 */
export function webhookUrl(
  text: string,
  { ENVIRONMENT, PUBLIC_URL, OTHER_ORIGINS }: Surroundings,
): Result<string, string> {
  const url = URL.parse(text.trim());
  if (url === null) return err("must be a URL");
  if (url.username !== "" || url.password !== "") return err("must have no user name and no password");
  if (url.hash !== "") return err("must have no fragment");
  if ([PUBLIC_URL, ...OTHER_ORIGINS].some((origin) => new URL(origin).hostname === url.hostname)) {
    if (!isLoopback(url.hostname) || url.origin === PUBLIC_URL) return err("must not be this service itself");
  }
  if (ENVIRONMENT === "development" && isLoopback(url.hostname)) return ok(url.href);
  if (url.protocol !== "https:") return err("must be an https URL");
  if (!PUBLIC_NAME.test(url.hostname) || PRIVATE_NAME.test(url.hostname)) {
    return err("must name a public host, not an address and not a name of a private network");
  }
  if (!PORTS.includes(url.port)) return err("must use port 443 or 8443");
  return ok(url.href);
}
