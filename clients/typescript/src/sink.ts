/** A place for the bytes of a download, which keeps them over breaks and, if it can, over runs. */
export type Sink = {
  /** The number of bytes that are there. */
  size(): Promise<number>;
  /** The bytes that are there, from the first. */
  read(): AsyncIterable<Uint8Array>;
  /** Adds bytes at the end. */
  append(bytes: Uint8Array): Promise<void>;
  /** Drops all bytes. */
  clear(): Promise<void>;
};

/** A sink in memory, for a file that is small enough. `bytes` joins all that is there. */
export function memorySink(): Sink & { bytes(): Uint8Array<ArrayBuffer> } {
  let parts: Uint8Array[] = [];
  const sizeNow = (): number => parts.reduce((size, part) => size + part.length, 0);
  return {
    size: async () => sizeNow(),
    async *read() {
      yield* parts;
    },
    async append(bytes) {
      parts.push(bytes);
    },
    async clear() {
      parts = [];
    },
    bytes() {
      const whole = new Uint8Array(sizeNow());
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return whole;
    },
  };
}
