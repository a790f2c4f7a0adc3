/** The smallest Worker, the baseline of most paths. */
export const HELLO = `export default { fetch() { return new Response("hello"); } };`;

/**
 * A Worker that makes only the storage calls of a path, or only sends its answer. It runs in the same process as the
 * service. `/r2/KEY` serves an object without checks. `/read/KEY` reads it like the check of a large file, but does not
 * hash it. `/kv/LICENSE` reads the edge record of a license.
 * `/ledger/LICENSE` counts in a rate limiter and reads a license and its machines from D1. `/answer/NAME` sends an
 * answer that was put there. `PUT /kv` fills KV.
 */
export const BARE = `
const answers = new Map();
export default {
  async fetch(request, env) {
    const [, what, ...rest] = new URL(request.url).pathname.split("/");
    const key = rest.join("/");
    if (request.method === "PUT" && what === "kv") {
      for (const [name, record] of await request.json()) await env.EDGE.put(name, JSON.stringify(record));
      return new Response("ok");
    }
    if (request.method === "PUT") {
      answers.set(key, await request.json());
      return new Response("ok");
    }
    switch (what) {
      case "answer": {
        const { body, headers } = answers.get(key);
        return new Response(body, { headers });
      }
      case "r2": {
        const object = await env.BINARIES.get(key);
        return new Response(object.body, { headers: { "Content-Length": String(object.size) } });
      }
      case "read": {
        const slice = 64 * 1024 * 1024;
        const { size } = await env.BINARIES.head(key);
        for (let offset = 0; offset < size; offset += slice) {
          const length = Math.min(slice, size - offset);
          const reader = (await env.BINARIES.get(key, { range: { offset, length } })).body.getReader({ mode: "byob" });
          let buffer = new ArrayBuffer(256 * 1024);
          for (;;) {
            const { value, done } = await reader.readAtLeast(256 * 1024, new Uint8Array(buffer));
            if (done) break;
            buffer = value.buffer;
          }
        }
        return new Response("hello");
      }
      case "kv":
        await env.EDGE.get("license:" + key, "json");
        return new Response("hello");
      case "ledger":
        await env.VERIFICATIONS.limit({ key });
        await env.DB.batch([
          env.DB.prepare("SELECT * FROM licenses WHERE id = ?").bind(key),
          env.DB.prepare("SELECT * FROM machines WHERE license_id = ? ORDER BY activated_at, id").bind(key),
        ]);
        return new Response("hello");
    }
  },
};`;
