import { connect, type Socket } from "node:net";
import type { NextRequest } from "./requests.ts";

/** The answers that a connection has received. */
export type Tally = { responses: number; bodyBytes: number };

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const READ_BUFFER_BYTES = 256 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
/** The number of bytes to show of a refusal. */
const SHOWN_BYTES = 600;

/**
 * One keep-alive HTTP/1.1 connection that sends the next request after each answer. It parses only the status line and
 * the length, and discards the body, because a load generator on the same machine must be cheap. Rejects for any status
 * but 200, a body without a length, or a closed connection.
 */
export class LoadConnection {
  readonly tally: Tally = { responses: 0, bodyBytes: 0 };
  readonly #socket: Socket;
  #next: NextRequest = () => null;
  #current: Buffer | null = null;
  #head: Buffer = Buffer.alloc(0);
  #bodyLeft = 0;
  #settle: { resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor(port: number) {
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          this.#receive(buffer.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /** Sends the requests of `next` one after another, until it returns null and the last answer is complete. */
  run(next: NextRequest): Promise<void> {
    this.#next = next;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#send();
    });
  }

  close(): void {
    this.#settle = null;
    this.#socket.destroy();
  }

  #send(): void {
    this.#current = this.#next();
    if (this.#current) this.#socket.write(this.#current);
    else this.#settle?.resolve();
  }

  #receive(chunk: Buffer): void {
    const body = this.#bodyLeft > 0 ? chunk.length : this.#receiveHead(chunk);
    if (body === null) return;
    this.#bodyLeft -= body;
    this.tally.bodyBytes += body;
    if (this.#bodyLeft < 0) this.#fail(new Error("the body is longer than its length"));
    if (this.#bodyLeft !== 0) return;
    this.tally.responses++;
    this.#send();
  }

  /** The number of body bytes after the head, or null while the head is incomplete. */
  #receiveHead(chunk: Buffer): number | null {
    const received = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const end = received.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (received.length > MAX_HEAD_BYTES) this.#fail(new Error("the head of the answer is too long"));
      this.#head = Buffer.from(received);
      return null;
    }
    this.#head = Buffer.alloc(0);
    const head = received.toString("latin1", 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith("HTTP/1.1 200 ") || length === undefined) {
      this.#fail(new Error(`not a 200 with a length: ${received.toString("utf8", 0, SHOWN_BYTES)}`));
      return null;
    }
    this.#bodyLeft = Number(length);
    return received.length - end - END_OF_HEAD.length;
  }

  #fail(error: Error): void {
    const { reject } = this.#settle ?? {};
    this.close();
    const [requestLine = ""] = this.#current?.toString("latin1").split(" HTTP/", 1) ?? [];
    reject?.(new Error(`${requestLine}: ${error.message}`));
  }
}
