import wasm from "#hashes";

/** A hash that this module computes. */
export type HashName = "blake2b512" | "sha256";

/** A hash of bytes that arrive piece by piece. After `digest` it must not be used any more. */
export type StreamHash = {
  update(bytes: Uint8Array): void;
  /** The state after the bytes so far. `streamHash` continues from it, also in another process. */
  save(): Uint8Array<ArrayBuffer>;
  /** 64 bytes of BLAKE2b-512, or 32 of SHA-256. */
  digest(): Uint8Array<ArrayBuffer>;
};

/** The functions of hashes.wasm; scripts/hashes describes their parameters. */
type Exports = {
  memory: WebAssembly.Memory;
  blake2b(at: number, end: number, count: bigint, last: bigint): void;
  sha256(at: number, end: number): void;
};

/** The differences between the hashes. `compress` takes whole blocks and the number of bytes before them. */
type Algorithm = {
  /** The place and the bytes of the state in the module's memory. */
  state: number;
  stateLength: number;
  block: number;
  /** Whether the last block is compressed in another way, so that `update` must keep a block back. */
  isLastApart: boolean;
  compress(exports: Exports, at: number, end: number, before: number): void;
  /** Compresses the last bytes, at most one block, and turns the state into the digest. */
  finish(exports: Exports, at: number, pending: number, before: number): Uint8Array<ArrayBuffer>;
};

/**
 * The place of the input in the module's memory, and its size in bytes. The last block of padding has room after it.
 */
const INPUT = 64 * 1024;
const INPUT_LENGTH = 4 * 64 * 1024 - 128;

const ALGORITHMS: Record<HashName, Algorithm> = {
  blake2b512: {
    state: 0,
    stateLength: 64,
    block: 128,
    isLastApart: true,
    compress({ blake2b }, at, end, before) {
      blake2b(at, end, BigInt(before + 128), 0n);
    },
    finish({ memory, blake2b }, at, pending, before) {
      new Uint8Array(memory.buffer, at + pending, 128 - pending).fill(0);
      blake2b(at, at + 128, BigInt(before + pending), -1n);
      return new Uint8Array(memory.buffer, 0, 64).slice();
    },
  },
  sha256: {
    state: 64,
    stateLength: 32,
    block: 64,
    isLastApart: false,
    compress({ sha256 }, at, end) {
      sha256(at, end);
    },
    finish({ memory, sha256 }, at, pending, before) {
      // FIPS 180-4, section 5.1.1: a bit, zeros, and the length in bits at the end of a block.
      const end = pending < 56 ? at + 64 : at + 128;
      const view = new DataView(memory.buffer);
      new Uint8Array(memory.buffer, at + pending, end - at - pending).fill(0);
      view.setUint8(at + pending, 0x80);
      view.setBigUint64(end - 8, BigInt(before + pending) * 8n);
      sha256(at, end);
      const digest = new Uint8Array(32);
      const bigEndian = new DataView(digest.buffer);
      for (let word = 0; word < 32; word += 4) bigEndian.setUint32(word, view.getUint32(64 + word, true));
      return digest;
    },
  },
};

/**
 * Begins a hash, or continues one from the state that `save` gave. The state is the chaining value, the number of bytes
 * in 8 bytes, and the bytes that do not fill a block yet. Throws RangeError for anything else.
 */
export function streamHash(name: HashName, saved?: Uint8Array): StreamHash {
  const algorithm = ALGORITHMS[name];
  const exports = instantiate();
  const memory = new Uint8Array(exports.memory.buffer);
  const state = memory.subarray(algorithm.state, algorithm.state + algorithm.stateLength);
  let compressed = 0;
  let pending = 0;
  if (saved) {
    const head = algorithm.stateLength + 8;
    pending = saved.length - head;
    const length = Number(new DataView(saved.buffer, saved.byteOffset).getBigUint64(algorithm.stateLength, true));
    compressed = length - pending;
    if (pending < 0 || pending > algorithm.block || compressed < 0 || compressed % algorithm.block !== 0) {
      throw new RangeError(`not a saved state of ${name}`);
    }
    state.set(saved.subarray(0, algorithm.stateLength));
    memory.set(saved.subarray(head), INPUT);
  }
  return {
    update(bytes) {
      for (let from = 0; from < bytes.length; ) {
        const taken = bytes.subarray(from, from + INPUT_LENGTH - pending);
        memory.set(taken, INPUT + pending);
        from += taken.length;
        pending += taken.length;
        const kept =
          algorithm.isLastApart && pending > 0 ? ((pending - 1) % algorithm.block) + 1 : pending % algorithm.block;
        const whole = pending - kept;
        if (whole === 0) continue;
        algorithm.compress(exports, INPUT, INPUT + whole, compressed);
        compressed += whole;
        memory.copyWithin(INPUT, INPUT + whole, INPUT + pending);
        pending = kept;
      }
    },
    save() {
      const saved = new Uint8Array(algorithm.stateLength + 8 + pending);
      saved.set(state);
      new DataView(saved.buffer).setBigUint64(algorithm.stateLength, BigInt(compressed + pending), true);
      saved.set(memory.subarray(INPUT, INPUT + pending), algorithm.stateLength + 8);
      return saved;
    },
    digest: () => algorithm.finish(exports, INPUT, pending, compressed),
  };
}

/** The digest of bytes that are all there. */
export function hashOf(name: HashName, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const hash = streamHash(name);
  hash.update(bytes);
  return hash.digest();
}

/** A new instance, with a state and memory of its own: 320 KiB. */
const instantiate = (): Exports => new WebAssembly.Instance(wasm).exports as Exports;
