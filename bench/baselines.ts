/** The least that a Worker can do: what every path is compared with. */
export const HELLO = `export default { fetch() { return new Response("hello"); } };`;

/**
 * A Worker that does what a path cannot do without and nothing else: makes its storage calls, or sends its answer. These
 * run in the same process as the Worker here, and a header costs more than most of what a Worker does.
 * `/r2/KEY` serves an object with no checks, `/kv/LICENSE` reads a license's edge record, `/ledger/LICENSE` counts in a rate
 * limiter and reads a license and its machines from D1, `/answer/NAME` sends what has been put there. `PUT /kv` fills KV.
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
