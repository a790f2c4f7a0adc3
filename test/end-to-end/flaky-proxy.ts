import { once } from "node:events";
import { createServer, request, type Server } from "node:http";

/**
 * The fate of one exchange: it passes, or hangs without an answer, or every byte of its answer is altered, or its text
 * is rewritten (the text at another path, if `at` names one), or it breaks off or stops after so many bytes, or its
 * body waits for a promise. Or the request loses its `Range`, as behind a virus scanner, and its answer is the whole
 * file.
 */
export type Fate =
  | "pass"
  | "hang"
  | "alter"
  | "whole"
  | { rewrite: (text: string) => string; at?: string }
  | { cutAfter: number }
  | { stopAfter: number }
  | { bodyAfter: Promise<void> };

export type FlakyProxy = {
  url: string;
  /** Every request, as `METHOD /path range`. */
  log: string[];
  /** Every request that the catalog has answered, as `METHOD /path`. */
  answered: string[];
  /** Decides on each request. By default all pass. */
  fate: (method: string, path: string) => Fate;
  close(): void;
};

/**
 * Starts a proxy before the catalog on the port `target`, where the catalog may start later. A test breaks its lines.
 */
export async function startFlakyProxy(target: number): Promise<FlakyProxy> {
  const proxy: FlakyProxy = { url: "", log: [], answered: [], fate: () => "pass", close: () => server.close() };
  const server: Server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/", headers } = incoming;
    proxy.log.push([method, url, headers.range ?? ""].join(" ").trim());
    const fate = proxy.fate(method, url);
    if (fate === "hang") {
      incoming.resume();
      return;
    }
    if (fate === "whole") delete headers.range;
    const rewritten = typeof fate === "object" && "rewrite" in fate ? fate : null;
    if (rewritten) delete headers["if-modified-since"];
    const path = rewritten?.at ?? url;
    const forwarded = request({ host: "localhost", port: target, method, path, headers }, (answer) => {
      proxy.answered.push(`${method} ${url}`);
      // The text may become longer or shorter.
      if (rewritten) delete answer.headers["content-length"];
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.headers);
      // An answer that the catalog breaks off is broken off here as well.
      answer.on("error", () => outgoing.destroy());
      if (fate === "pass" || fate === "whole") {
        answer.pipe(outgoing);
        return;
      }
      if (fate === "alter") {
        answer.on("data", (chunk: Buffer) => outgoing.write(chunk.map((byte) => byte ^ 1)));
        answer.on("end", () => outgoing.end());
        return;
      }
      if ("rewrite" in fate) {
        const body: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => body.push(chunk));
        answer.on("end", () => outgoing.end(fate.rewrite(Buffer.concat(body).toString())));
        return;
      }
      if ("bodyAfter" in fate) {
        outgoing.flushHeaders();
        void fate.bodyAfter.then(() => answer.pipe(outgoing));
        return;
      }
      const isCut = "cutAfter" in fate;
      let left = isCut ? fate.cutAfter : fate.stopAfter;
      answer.on("data", (chunk: Buffer) => {
        if (left <= 0) return;
        outgoing.write(chunk.subarray(0, left));
        left -= chunk.length;
        // Once all of it is on the line, however slowly the other end takes it.
        if (left <= 0 && isCut) outgoing.socket?.destroySoon();
      });
      answer.on("end", () => {
        if (left > 0) outgoing.end();
      });
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  proxy.url = `http://localhost:${address.port}`;
  return proxy;
}
