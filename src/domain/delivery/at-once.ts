import type { AtOnce } from "../../platform/http/exchange.ts";
import type { Answer } from "../../platform/http/problem.ts";
import type { ReadScope } from "../../platform/http/router.ts";
import { CHANNELS, PLATFORMS } from "../releases/manifest.ts";
import { findWorker, type Worker } from "../workers/workers.ts";
import { type Asker, askerOf, decideOnEdge, privateHeaders } from "./authorization.ts";
import type { Delivery, Wanted } from "./decision.ts";
import { type AskedDownload, addressByName, downloadView, wantedByName, wantedByQuery } from "./download.ts";
import { attestedFile } from "./provenance.ts";
import { deliveryProblem } from "./refusal.ts";

/**
 * Answers a request for a link to a file without the router, if `path` and the query of `url` are in order: see
 * src/at-once.ts. Null for every other request.
 */
export function downloadAt(path: string, url: string): AtOnce | null {
  if (!path.startsWith("/v1/workers/") || url.includes("%")) return null;
  const [, , , id = "", version = "", kind, name, more] = path.split("/");
  const worker = findWorker(id);
  if (!worker || version === "" || more !== undefined) return null;
  if (kind === "download" && name === undefined) {
    const asked = askedOf(url);
    if (!asked) return null;
    return {
      route: "/v1/workers/:id/:version/download",
      answer: (c) =>
        deliver(c, worker, wantedByQuery(version, asked), async (delivery, asker) => ({
          status: 200,
          headers: { "Content-Type": "application/json", ...privateHeaders(worker) },
          body: JSON.stringify(await downloadView(c, worker, delivery, asker)),
        })),
    };
  }
  if (kind !== "files" || !name || attestedFile(name) !== null) return null;
  return {
    route: "/v1/workers/:id/:version/files/:filename",
    answer: (c) =>
      deliver(c, worker, wantedByName(version, name), async (delivery, asker) => ({
        status: 302,
        headers: { Location: await addressByName(c, worker, name, delivery, asker), ...privateHeaders(worker) },
        body: null,
      })),
  };
}

/** A file's name that is the same in a query: a `+` there is a blank. */
const PLAIN_NAME = /^[A-Za-z0-9._-]{1,128}$/;

/** The platform, file and channel in a query; null if it has anything else than one valid value of each. */
function askedOf(url: string): AskedDownload | null {
  const asked: AskedDownload = {};
  const at = url.indexOf("?");
  for (const pair of at < 0 ? [] : url.slice(at + 1).split("&")) {
    const [name, value, more] = pair.split("=");
    const platform = name === "platform" ? PLATFORMS.find((known) => known === value) : undefined;
    const channel = name === "channel" ? CHANNELS.find((known) => known === value) : undefined;
    const filename = name === "filename" && PLAIN_NAME.test(value ?? "") ? value : undefined;
    if (more !== undefined) return null;
    if (platform !== undefined && asked.platform === undefined) asked.platform = platform;
    else if (filename !== undefined && asked.filename === undefined) asked.filename = filename;
    else if (channel !== undefined && asked.channel === undefined) asked.channel = channel;
    else return null;
  }
  return asked;
}

/**
 * Decides on a file, and answers with the delivery. Null if a machine must first be given a seat, which changes the
 * ledger. Throws the problem of a refusal.
 */
async function deliver(
  c: ReadScope,
  worker: Worker,
  wanted: Wanted,
  answer: (delivery: Delivery, asker: Asker | null) => Promise<Answer>,
): Promise<Answer | null> {
  const asker = await askerOf(c, worker);
  const { decision, decideSeated } = await decideOnEdge(c, worker, wanted, asker);
  if (decideSeated) return null;
  if (!decision.ok) throw deliveryProblem(decision.error, c.var.config);
  c.var.subject.version = decision.value.release.version;
  return answer(decision.value, asker);
}
