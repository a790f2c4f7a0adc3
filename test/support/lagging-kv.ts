import { env } from "cloudflare:workers";

/** How long KV may take to show a write elsewhere, in seconds. */
export const KV_LAG = 30;

/**
 * The real KV namespace as a far location sees it at worst: a read gives the value written `KV_LAG` seconds ago or
 * earlier, and writes fail while `isDown`. Seconds are those of the (faked) clock.
 */
export class LaggingKv {
  isDown = false;
  reads = 0;
  readonly #written: { at: number; key: string; value: string }[] = [];

  async put(key: string, value: string): Promise<void> {
    if (this.isDown) throw new Error("KV PUT failed: 429 Too Many Requests");
    this.#written.push({ at: Date.now(), key, value });
    await env.EDGE.put(key, value);
  }

  async get(keys: string | string[], _options: { type: "json" }): Promise<unknown> {
    this.reads++;
    const visible = (key: string): unknown => {
      const writes = this.#written.filter((write) => write.key === key && write.at <= Date.now() - KV_LAG * 1000);
      return JSON.parse(writes.at(-1)?.value ?? "null");
    };
    return typeof keys === "string" ? visible(keys) : new Map(keys.map((key) => [key, visible(key)]));
  }
}

/** The Worker's bindings with this KV in place of the near one. */
export const envWith = (kv: LaggingKv): Env => ({ ...env, EDGE: kv as unknown as KVNamespace });
