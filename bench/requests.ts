import { hostOf, type WorkerName } from "./harness.ts";

/** The next request to send, as bytes on the wire, or null when there is none any more. */
export type NextRequest = () => Buffer | null;

/** A GET as a hive sends it: no header but these. Behind a proxy, the host says which Worker is meant. */
export function get(worker: WorkerName, path: string, token?: string): Buffer {
  const authorization = token === undefined ? "" : `Authorization: Bearer ${token}\r\n`;
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${hostOf(worker)}\r\nAccept: */*\r\n${authorization}\r\n`);
}

/** A POST of JSON. */
export function post(worker: WorkerName, path: string, body: object): Buffer {
  const json = JSON.stringify(body);
  const content = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n`;
  return Buffer.from(`POST ${path} HTTP/1.1\r\nHost: ${hostOf(worker)}\r\nAccept: */*\r\n${content}\r\n${json}`);
}

/** The same request for ever. */
export const always =
  (request: Buffer): NextRequest =>
  () =>
    request;

/** One request after the other, then from the first again. */
export function inTurn(requests: readonly Buffer[]): NextRequest {
  let turn = 0;
  return () => requests[turn++ % requests.length] ?? null;
}

/** Each request once. */
export function once(requests: readonly Buffer[]): NextRequest {
  let turn = 0;
  return () => requests[turn++] ?? null;
}
