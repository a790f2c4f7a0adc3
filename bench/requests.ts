import { hostOf, type WorkerName } from "./harness.ts";

/** Returns the next request as bytes on the wire, or null after the last. */
export type NextRequest = () => Buffer | null;

/** A GET with the headers of a hive only. The proxy selects the Worker by the host. */
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

/** Repeats one request without end. */
export const always =
  (request: Buffer): NextRequest =>
  () =>
    request;

/** Repeats some requests in order without end. */
export function inTurn(requests: readonly Buffer[]): NextRequest {
  let turn = 0;
  return () => requests[turn++ % requests.length] ?? null;
}

/** Returns each request once. */
export function once(requests: readonly Buffer[]): NextRequest {
  let turn = 0;
  return () => requests[turn++] ?? null;
}
