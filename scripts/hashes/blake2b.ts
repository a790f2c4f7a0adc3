import { chain, get, hex, littleEndian, locals, numbered, set } from "./instructions.ts";

/**
 * The order in which a round reads the 16 words of the message (RFC 7693, section 2.7). Rounds 10 and 11 repeat 0 and
 * 1.
 */
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
] as const;

const ROUNDS = 12;

/** The words that the eight mixings of a round work on: four columns, then four diagonals (RFC 7693, section 3.2). */
const MIXED = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** The initialization vector (RFC 7693, section 2.6). */
const IV = [
  "6a09e667f3bcc908",
  "bb67ae8584caa73b",
  "3c6ef372fe94f82b",
  "a54ff53a5f1d36f1",
  "510e527fade682d1",
  "9b05688c2b3e6c1f",
  "1f83d9abfb41bd6b",
  "5be0cd19137e2179",
] as const;

/** The parameters of a digest of 64 bytes without a key: they change the first word of the state (section 2.5). */
const PARAMETERS = 0x0101_0040n;

/** The state before the first byte: the content of a data segment. */
export const BLAKE2B_INITIAL: string = littleEndian(
  IV.map((digits, index) => BigInt(`0x${digits}`) ^ (index === 0 ? PARAMETERS : 0n)),
  8,
);

/** The mixing function G (section 3.1), on local variables. */
function mix(a: string, b: string, c: string, d: string, x: string, y: string): string {
  const addTo = (target: string, ...values: string[]) => set(target, chain("i64.add", get(target), ...values.map(get)));
  const rotate = (target: string, other: string, bits: number) =>
    set(target, `(i64.rotr ${chain("i64.xor", get(target), get(other))} (i64.const ${bits}))`);
  return [
    ...[addTo(a, b, x), rotate(d, a, 32), addTo(c, d), rotate(b, c, 24)],
    ...[addTo(a, b, y), rotate(d, a, 16), addTo(c, d), rotate(b, c, 63)],
  ].join("\n");
}

function round(order: readonly number[]): string[] {
  return MIXED.map(([a, b, c, d], index) =>
    mix(`v${a}`, `v${b}`, `v${c}`, `v${d}`, `m${order[2 * index]}`, `m${order[2 * index + 1]}`),
  );
}

/**
 * The function `blake2b(at, end, count, last)`: compresses the blocks of 128 bytes from `at` to `end` into the state at
 * `state`. `count` is the number of bytes up to the end of the first block. `last` is -1 for the last block, else 0.
 * The rounds are unrolled and all words are local variables, so that the engine keeps them in registers.
 */
export function blake2bFunction(state: number): string {
  const load = (offset: number, address: string) => `(i64.load offset=${offset} ${address})`;
  const here = "(i32.const 0)";
  const words = numbered("", 8).map(Number);
  return [
    '(func (export "blake2b") (param $at i32) (param $end i32) (param $count i64) (param $last i64)',
    locals("i64", [...numbered("v", 16), ...numbered("m", 16)]),
    "(loop $block",
    ...words.map((index) => set(`v${index}`, load(state + 8 * index, here))),
    ...IV.map((digits, index) => set(`v${index + 8}`, hex("i64", digits))),
    set("v12", chain("i64.xor", get("v12"), get("count"))),
    set("v14", chain("i64.xor", get("v14"), get("last"))),
    ...numbered("m", 16).map((name, index) => set(name, load(8 * index, get("at")))),
    ...Array.from({ length: ROUNDS }, (_, index) => round(SIGMA[index % SIGMA.length] ?? [])).flat(),
    ...words.map((index) => {
      const mixed = chain("i64.xor", load(state + 8 * index, here), get(`v${index}`), get(`v${index + 8}`));
      return `(i64.store offset=${state + 8 * index} ${here} ${mixed})`;
    }),
    set("count", chain("i64.add", get("count"), "(i64.const 128)")),
    set("at", chain("i32.add", get("at"), "(i32.const 128)")),
    `(br_if $block ${chain("i32.lt_u", get("at"), get("end"))})))`,
  ].join("\n");
}
