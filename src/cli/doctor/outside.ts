import { type Finding, fail } from "../../domain/doctor/finding.ts";
import { isLoopback } from "../../lib/loopback.ts";
import { type Answer, askOnce } from "./answer.ts";
import { checkCertificate, readTls } from "./certificate.ts";
import {
  checkCache,
  checkChallenge,
  checkClock,
  checkDocument,
  checkHsts,
  checkReachable,
  checkRedirect,
  DOCUMENTS,
} from "./front.ts";

/** A client that Bot Fight Mode would challenge, and its request. */
const CLIENTS: readonly { client: string; agent: string; method: "GET" | "POST"; place: string }[] = [
  { client: "curl", agent: "curl/8.16.0", method: "GET", place: "/health" },
  { client: "curl", agent: "curl/8.16.0", method: "GET", place: "/install.sh" },
  { client: "a hive", agent: "reqwest", method: "GET", place: "/workers" },
  { client: "git", agent: "git/2.51.0", method: "GET", place: "/rbee.git/info/refs?service=git-upload-pack" },
  {
    client: "pacman",
    agent: "pacman/7.0.0 (Linux x86_64) libalpm/15.0.0",
    method: "GET",
    place: "/v1/workers",
  },
  {
    client: "Stripe",
    agent: "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    method: "POST",
    place: "/v1/stripe/webhook",
  },
];

/** Answers that say no-store: to everyone, and to a request without the credential that it needs. */
const UNCACHEABLE = ["/health", "/v1/licenses/me"] as const;

/** The address of the same host by plain http; null on loopback, and for a port of its own. */
export function plainUrlOf(url: string): string | null {
  const { protocol, hostname, port } = new URL(url);
  return protocol === "https:" && port === "" && !isLoopback(hostname) ? `http://${hostname}` : null;
}

/**
 * Checks the service at `url` as a stranger. `plainUrl`: its address by plain http; null: that is not checked. Never
 * throws.
 */
export async function checkOutside(url: string, plainUrl: string | null = plainUrlOf(url)): Promise<Finding[]> {
  const askedAt = Date.now();
  const health = await askOnce(`${url}/health`);
  const answeredAt = Date.now();
  const reachable = checkReachable(url, health);
  const [challenges, transport, ...rest] = await Promise.all([
    "error" in health ? [] : checkClients(url),
    checkTransport(url, plainUrl, health),
    // Their failures would only repeat the first one.
    ...(reachable.status === "ok" ? [checkDocuments(url), checkCaches(url)] : []),
  ]);
  // A server on this machine has its clock.
  const hasClock = reachable.status === "ok" && !isLoopback(new URL(url).hostname);
  const clock = hasClock ? [checkClock(dateOf(health), askedAt, answeredAt)] : [];
  return [reachable, ...challenges, ...transport, ...rest.flat(), ...clock];
}

const dateOf = (answer: Answer): string | null => ("status" in answer ? answer.headers.get("Date") : null);

const checkClients = (url: string): Promise<Finding[]> =>
  Promise.all(
    CLIENTS.map(async ({ client, agent, method, place }) => {
      const init = { method, headers: { "User-Agent": agent }, ...(method === "POST" ? { body: "{}" } : {}) };
      return checkChallenge(client, place.split("?")[0] ?? place, await askOnce(url + place, init));
    }),
  );

/** The words of errors about TLS. Any other error of a request is no fault of the certificate. */
const ABOUT_TLS = /certificate|self.signed|ssl|tls/i;

async function checkTransport(url: string, plainUrl: string | null, health: Answer): Promise<Finding[]> {
  const { protocol, hostname } = new URL(url);
  if ("error" in health) return ABOUT_TLS.test(health.error) ? [await lookAtCertificate(url)] : [];
  const redirect = plainUrl === null ? [] : [checkRedirect(`${plainUrl}/health`, await askOnce(`${plainUrl}/health`))];
  if (protocol === "https:") return [...redirect, await lookAtCertificate(url), checkHsts(health)];
  return isLoopback(hostname) ? redirect : [fail("https-redirect", `${url} is plain http. Ask the service by https.`)];
}

const lookAtCertificate = async (url: string): Promise<Finding> =>
  checkCertificate(await readTls(new URL(url)), Date.now());

const checkDocuments = (url: string): Promise<Finding[]> =>
  Promise.all(DOCUMENTS.map(async (document) => checkDocument(document, await askOnce(url + document.path))));

const checkCaches = (url: string): Promise<Finding[]> =>
  Promise.all(
    UNCACHEABLE.map(async (place) => checkCache(place, [await askOnce(url + place), await askOnce(url + place)])),
  );
