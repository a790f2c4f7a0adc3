import { IsolateCache } from "../../lib/isolate.ts";
import { documentResponse, type StaticDocument, staticDocument } from "../../platform/http/document.ts";
import type { AppContext } from "../../platform/http/route.ts";

/** A page of the reference as it is kept: its document, and the headers of a page. */
type Kept = { document: StaticDocument; headers: Record<string, string> };

/** Every page of the reference in every language is about 60. */
const pages = new IsolateCache<Kept>(100);

/** The pages depend on the code and the configuration alone, which an isolate keeps. */
const FOREVER = Number.MAX_SAFE_INTEGER;

/**
 * Answers with a page that depends on the configuration alone. An isolate makes it at the first request for `key`.
 * Unlike other pages, caches may store it, and a client with the current version gets 304.
 */
export async function publicDocument(c: AppContext, key: string, make: () => Promise<Response>): Promise<Response> {
  const name = `${c.var.config.PUBLIC_URL} ${key}`;
  let kept = pages.get(name, c.var.now);
  if (!kept) {
    kept = await keptOf(await make());
    pages.set(name, kept, FOREVER);
  }
  return documentResponse(c.req.raw, kept.document, kept.headers);
}

async function keptOf(made: Response): Promise<Kept> {
  const {
    "cache-control": _never,
    "content-type": type = "text/html; charset=utf-8",
    ...headers
  } = Object.fromEntries(made.headers);
  return { document: staticDocument(await made.text(), type), headers };
}
