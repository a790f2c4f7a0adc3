import { type Finding, fail, pass, unclear, warn } from "../../domain/doctor/finding.ts";
import { type Answer, isFromCatalog } from "./answer.ts";

/** Whether GET /health answers as a catalog does. */
export function checkReachable(url: string, answer: Answer): Finding {
  if ("error" in answer) return fail("reachable", `${url} cannot be reached: ${answer.error}`);
  if (answer.status === 200 && isFromCatalog(answer)) return pass("reachable", `${url} answers.`);
  const who = isFromCatalog(answer) ? "The catalog" : "Something in front of the catalog, or another service,";
  const reason = /"detail":"([^"]+)"/.exec(answer.body)?.[1] ?? "";
  return fail("reachable", `${who} answers GET ${url}/health with ${answer.status}. ${reason}`.trim());
}

/** Whether a request of `client` to `place` reaches the catalog, and is not held up by Cloudflare. */
export function checkChallenge(client: string, place: string, answer: Answer): Finding {
  const about = { subject: `${client} at ${place}` };
  if ("error" in answer) return unclear("challenge", `${client} gets no answer at ${place}: ${answer.error}`, about);
  if (answer.headers.get("cf-mitigated") !== null) {
    const detail = `${client} gets a challenge of Cloudflare at ${place} (${answer.status}), which no program can solve.`;
    return fail("challenge", detail, about);
  }
  if (/^https:\/\/[^/]+\.cloudflareaccess\.com\//.test(answer.headers.get("Location") ?? "")) {
    const remedy = "Limit the application of Cloudflare Access to /admin (Zero Trust, Access, Applications).";
    return fail("challenge", `Cloudflare Access stands in front of ${place}, so ${client} has to sign in.`, {
      ...about,
      remedy,
    });
  }
  if (isFromCatalog(answer)) return pass("challenge", `${client} reaches the catalog at ${place}.`, about);
  const type = answer.headers.get("Content-Type") ?? "no type";
  return fail("challenge", `${client} gets ${answer.status} (${type}) at ${place}, not from the catalog.`, about);
}

/** Whether plain http is redirected. `answer`: to the same path by plain http. */
export function checkRedirect(plainUrl: string, answer: Answer): Finding {
  if ("error" in answer) return pass("https-redirect", `Nothing answers at ${plainUrl}.`);
  const target = answer.headers.get("Location") ?? "";
  if (answer.status >= 300 && answer.status < 400) {
    if (target.startsWith("https://")) return pass("https-redirect", `${plainUrl} is redirected to https.`);
    return fail("https-redirect", `${plainUrl} is redirected to ${target || "nowhere"}, which is not https.`);
  }
  return fail("https-redirect", `${plainUrl} answers ${answer.status} over plain http.`);
}

/** The least time of Strict-Transport-Security, in seconds: 180 days. */
const LEAST_HSTS = 180 * 24 * 3600;

/** Whether browsers and clients learn to use https only. */
export function checkHsts(answer: Answer): Finding {
  if ("error" in answer) return unclear("hsts", `There was no answer: ${answer.error}`);
  const header = answer.headers.get("Strict-Transport-Security");
  if (header === null) return warn("hsts", "Answers have no Strict-Transport-Security.");
  const age = Number(/max-age=(\d+)/i.exec(header)?.[1] ?? 0);
  if (age >= LEAST_HSTS) return pass("hsts", `Strict-Transport-Security: ${header}.`);
  return warn("hsts", `Strict-Transport-Security is "${header}", which lasts less than 180 days.`);
}

/** The values of CF-Cache-Status for an answer that came from the cache. */
const FROM_CACHE = ["HIT", "STALE", "UPDATING", "REVALIDATED"];

/** Whether a cache stores answers that forbid it. `answers`: two to the same request, one after the other. */
export function checkCache(place: string, [first, second]: readonly [Answer, Answer]): Finding {
  const about = { subject: place };
  if ("error" in first) return unclear("cache", `There was no answer at ${place}: ${first.error}`, about);
  if ("error" in second) return unclear("cache", `There was no answer at ${place}: ${second.error}`, about);
  const { headers } = second;
  const status = headers.get("CF-Cache-Status") ?? "";
  const age = Number(headers.get("Age") ?? 0);
  const id = headers.get("X-Request-Id");
  const isSame = id !== null && id === first.headers.get("X-Request-Id");
  if (!FROM_CACHE.includes(status.toUpperCase()) && !(age > 0) && !isSame) {
    return pass("cache", `No cache answers for ${place}.`, about);
  }
  const how = isSame ? "two requests got the same answer" : status ? `CF-Cache-Status: ${status}` : `Age: ${age}`;
  return fail("cache", `A cache answers for ${place}, although it says no-store (${how}).`, about);
}

/** The differences between two clocks that matter, in seconds. Tokens allow for 60. */
const CLOCK_WARNING = 10;
const CLOCK_FAILURE = 60;

/**
 * Whether this machine's clock agrees with the service's. Times are in milliseconds; `date`: the header of an answer.
 */
export function checkClock(date: string | null, askedAt: number, answeredAt: number): Finding {
  const served = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(served)) return unclear("clock", "The service sends no Date.");
  // A Date is cut to whole seconds.
  const early = (askedAt - (served + 999)) / 1000;
  const late = (served - answeredAt) / 1000;
  const apart = Math.max(0, early, late);
  if (apart < 1) return pass("clock", "The clocks of this machine and of the service agree.");
  const detail = `This machine's clock is ${Math.round(apart)} s ${early > late ? "ahead of" : "behind"} the service's.`;
  if (apart > CLOCK_FAILURE) return fail("clock", detail);
  return apart > CLOCK_WARNING ? warn("clock", detail) : pass("clock", detail);
}

/** Whether the Worker's address below workers.dev is closed. */
export function checkWorkersDev(url: string, answer: Answer): Finding {
  if (isFromCatalog(answer)) return fail("workers-dev", `The catalog answers at ${url}, past the rules of its zone.`);
  return pass("workers-dev", `The catalog does not answer at ${url}.`);
}

/** A public document: its path, and whether a text of it is right. */
export type PublicDocument = { path: string; isRight: (body: string) => boolean };

/** The documents that hives, install scripts and package managers need. */
export const DOCUMENTS: readonly PublicDocument[] = [
  { path: "/workers", isRight: (body) => /"workers":\s*\[\s*\{/.test(body) },
  { path: "/install.sh", isRight: (body) => body.startsWith("#!") },
  { path: "/.well-known/jwks.json", isRight: (body) => /"crv":\s*"Ed25519"/.test(body) },
  { path: "/v1/licenses/status/0", isRight: (body) => /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(body) },
  { path: "/keys/index-signing.pub", isRight: (body) => body.startsWith("untrusted comment:") },
  { path: "/keys/index-signing.pub.minisig", isRight: (body) => body.includes("trusted comment:") },
  { path: "/keys/packages.asc", isRight: (body) => body.startsWith("-----BEGIN PGP PUBLIC KEY BLOCK-----") },
];

/** Whether a public document is served. */
export function checkDocument({ path, isRight }: PublicDocument, answer: Answer): Finding {
  const about = { subject: path };
  if ("error" in answer) return fail("document", `${path} is not served: ${answer.error}`, about);
  if (answer.status !== 200) return fail("document", `${path} answers ${answer.status}.`, about);
  if (!isRight(answer.body)) return fail("document", `${path} has other contents than the catalog's.`, about);
  return pass("document", `${path} is served.`, about);
}
