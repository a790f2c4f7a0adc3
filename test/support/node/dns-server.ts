import { createSocket } from "node:dgram";
import { once } from "node:events";

/** The records of a name, by type. */
type Zone = Readonly<Record<string, { TXT?: readonly string[]; MX?: readonly string[] }>>;

const TYPES = { 15: "MX", 16: "TXT" } as const;

/**
 * A DNS server on a free port of this machine, which answers for `zone` by RFC 1035. A name without records of the type
 * is NXDOMAIN.
 */
export async function serveDns(zone: Zone): Promise<{ address: string; close: () => void }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    const records = answersOf(zone[name] ?? {}, type);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    // A recursive answer; 3: no such name.
    head.writeUInt16BE(0x8180 | (records.length === 0 ? 3 : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const answers = records.map((data) => {
      const record = Buffer.alloc(12);
      // A pointer to the name in the question, which begins at byte 12.
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(type, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt32BE(60, 6);
      record.writeUInt16BE(data.length, 10);
      return Buffer.concat([record, data]);
    });
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

/** The name and type that a query asks for, and the end of its question. */
function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answersOf(records: Zone[string], type: number): Buffer[] {
  const known = type === 15 || type === 16 ? TYPES[type] : null;
  if (known === null) return [];
  return (records[known] ?? []).map((text) =>
    known === "TXT" ? textData(text) : Buffer.concat([Buffer.from([0, 10]), nameData(text)]),
  );
}

/** A text in strings of at most 255 bytes, as a long DKIM key needs. */
function textData(text: string): Buffer {
  const parts = text.match(/.{1,255}/gs) ?? [""];
  return Buffer.concat(parts.map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part, "latin1")])));
}

const nameData = (name: string): Buffer =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")])),
    Buffer.from([0]),
  ]);
