import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    receiverDesk: string;
  }
}

/** A message that a receiver got, as it was sent. */
export type Received = { method: string; path: string; headers: Record<string, string>; body: string };

/** The answer of a receiver: a status with headers, no answer at all, or a connection that it cuts. */
export type Answer = { status: number; headers?: Record<string, string> } | "silence" | "cut";

type Receiver = {
  server: Server;
  received: Received[];
  answers: Answer[];
  always: Answer;
  /** Messages with this text are answered 500; null: none is. */
  refused: string | null;
};

/**
 * Starts receivers of webhooks on demand, beside the tests in workerd: real HTTP servers of Node. `POST /` makes one,
 * `POST /N/answers` sets how it answers next and from then on, and `GET /N` shows what it has got.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const receivers: Receiver[] = [];
  const desk = createServer((request, response) => {
    handle(receivers, request).then(
      (answer) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  project.provide("receiverDesk", await listen(desk));
  return async () => {
    for (const { server } of [...receivers, { server: desk }]) {
      server.close();
      server.closeAllConnections();
    }
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

async function handle(receivers: Receiver[], request: IncomingMessage): Promise<unknown> {
  const [, number = "", what = ""] = (request.url ?? "").split("/");
  if (number === "") {
    const receiver: Receiver = {
      received: [],
      answers: [],
      always: { status: 204 },
      refused: null,
      server: createServer(),
    };
    receiver.server.on(
      "request",
      (got: IncomingMessage, response: ServerResponse) => void receive(receiver, got, response),
    );
    receivers.push(receiver);
    return { id: receivers.length - 1, url: await listen(receiver.server) };
  }
  const receiver = receivers[Number(number)];
  if (receiver === undefined) throw new Error(`there is no receiver ${number}`);
  if (what === "answers") Object.assign(receiver, JSON.parse(await textOf(request)));
  return receiver.received;
}

async function receive(receiver: Receiver, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await textOf(request);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  receiver.received.push({ method: request.method ?? "", path: request.url ?? "", headers, body });
  if (receiver.refused !== null && body.includes(receiver.refused)) return void response.writeHead(500).end();
  const answer = receiver.answers.shift() ?? receiver.always;
  if (answer === "silence") return;
  if (answer === "cut") return void request.socket.destroy();
  response.writeHead(answer.status, answer.headers).end("noted");
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString();
}
