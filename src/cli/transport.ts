import { lookup } from "node:dns/promises";
import { isLoopback } from "../lib/loopback.ts";
import { CliError, EXIT } from "./errors.ts";
import { exemptFromProxy } from "./proxy.ts";
import { sendable } from "./secrets.ts";

/** A request of the command. */
export type Outgoing = {
  method: string;
  headers: Record<string, string>;
  body?: string | Blob;
  /** The bearer credential; null: none. */
  credential: string | null;
  timeoutMs: number;
  /** Whether redirects are followed. */
  follow: boolean;
};

/** The most redirects in a row. */
const MOST_REDIRECTS = 5;

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/**
 * Sends a request. It is the only way to the network for requests that may carry a credential.
 *
 * A credential is sent by https only, or to this machine. Redirects are followed for a read: never from https to plain
 * http, nor from this machine to plain http elsewhere. A credential follows no redirect to another origin. Throws
 * `CliError` (usage) if a rule forbids the request, before anything is sent, and the errors of `fetch`.
 */
export async function sendRequest(url: URL, request: Outgoing): Promise<Response> {
  const { method, body, credential, timeoutMs, follow } = request;
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = new Headers(request.headers);
  if (credential !== null) headers.set("Authorization", `Bearer ${sendable(credential)}`);
  for (let at = url, redirects = 0; ; redirects++) {
    if (credential !== null) await requirePrivate(at);
    if (isLoopback(at.hostname)) exemptFromProxy(at.hostname);
    const response = await fetch(at, {
      method,
      headers,
      signal,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    const location = REDIRECTS.includes(response.status) ? response.headers.get("Location") : null;
    if (!follow || location === null) return response;
    await response.body?.cancel();
    if (redirects === MOST_REDIRECTS) throw new CliError(EXIT.failure, `${url.origin} redirects in a circle.`);
    at = redirectTarget(at, location, { isRead: method === "GET" || method === "HEAD", credential });
  }
}

/** The URL that a redirect leads to. Throws `CliError` (usage) if it must not be followed. */
function redirectTarget(
  from: URL,
  location: string,
  { isRead, credential }: { isRead: boolean; credential: string | null },
): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : null;
  const refuse = (reason: string): CliError => new CliError(EXIT.usage, `${from.origin} redirects to ${reason}`);
  if (to === null || !["http:", "https:"].includes(to.protocol)) throw refuse("no web address.");
  // `fetch` refuses a URL with a password, and quotes it.
  to.username = "";
  to.password = "";
  const { origin } = to;
  const losesPrivacy = from.protocol === "https:" || (isPrivate(from) && !isPrivate(to));
  if (to.protocol === "http:" && losesPrivacy) throw refuse(`${origin}, which is not encrypted.`);
  if (!isRead) throw refuse(`${origin}. If the catalog has moved, use --url ${origin}`);
  if (credential !== null && origin !== from.origin) {
    throw refuse(`${origin}, where your credential is not sent. If the catalog has moved, use --url ${origin}`);
  }
  return to;
}

/** Whether nobody between this machine and `url` can read or alter a request. */
export const isPrivate = ({ protocol, hostname }: URL): boolean => protocol === "https:" || isLoopback(hostname);

/** Throws `CliError` (usage) if others could read a credential on its way to `url`. */
async function requirePrivate(url: URL): Promise<void> {
  if (!isPrivate(url)) throw notPrivate(url);
  if (url.protocol === "http:" && url.hostname.replace(/\.$/, "").endsWith(".localhost")) await requireOwnAddress(url);
}

/** Like `requirePrivate`, but without a look at name servers: to refuse before a person is asked for a secret. */
export function requirePrivateUrl(url: string): void {
  if (!isPrivate(new URL(url))) throw notPrivate(new URL(url));
}

const notPrivate = ({ origin, host }: URL): CliError =>
  new CliError(
    EXIT.usage,
    `No license and no token is sent to ${origin}, because others can read plain http on its way. Use https://${host}`,
  );

/** RFC 6761 gives every name below `localhost` to this machine, but a resolver may ask a name server all the same. */
async function requireOwnAddress(url: URL): Promise<void> {
  const found = await lookup(url.hostname, { all: true }).catch(() => []);
  if (found.some(({ address }) => !/^(127\.|::1$)/.test(address))) throw notPrivate(url);
}

/**
 * A link in an answer of the catalog at `catalogUrl`, checked. It must be https. A catalog on plain http may link to
 * plain http, and only a catalog on this machine to this machine. Throws `CliError`.
 */
export function checkedLink(link: string, catalogUrl: string): URL {
  const url = URL.canParse(link) ? new URL(link) : null;
  const catalog = new URL(catalogUrl);
  const isNear = isLoopback(catalog.hostname) === isLoopback(url?.hostname ?? "");
  const mayBePlain = catalog.protocol === "http:" && isNear;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && mayBePlain)) return url;
  const where = url === null ? "that is no web address" : `to ${url.protocol}//${url.host}, which is not encrypted`;
  throw new CliError(EXIT.failure, `${catalog.origin} sent a link ${where}. It is not followed.`);
}
