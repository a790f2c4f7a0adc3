import { chain, get, hex, littleEndian, locals, numbered, set } from "./instructions.ts";

/** The first 64 primes. The constants of SHA-256 are derived from them (FIPS 180-4, sections 4.2.2 and 5.3.3). */
const PRIMES = firstPrimes(64);

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  }
  return primes;
}

/** The first 32 bits of the fraction of a number. */
const fraction = (value: number): bigint => BigInt(Math.floor((value % 1) * 2 ** 32));

/** The state before the first byte: the content of a data segment. */
export const SHA256_INITIAL: string = littleEndian(
  PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
  4,
);

const ROUND_CONSTANTS = PRIMES.map((prime) => hex("i32", fraction(Math.cbrt(prime)).toString(16)));

const add = (...values: string[]) => chain("i32.add", ...values);
const xor = (...values: string[]) => chain("i32.xor", ...values);
const and = (...values: string[]) => chain("i32.and", ...values);
const rotated = (word: string, bits: number) => `(i32.rotr ${get(word)} (i32.const ${bits}))`;
const shifted = (word: string, bits: number) => `(i32.shr_u ${get(word)} (i32.const ${bits}))`;

/** Reads word `index` of the block at `at`, which is big-endian, into its local variable. */
function loadWord(index: number): string {
  const word = `w${index}`;
  const swapped = `(i32.or ${and(rotated(word, 8), hex("i32", "ff00ff00"))} ${and(rotated(word, 24), hex("i32", "00ff00ff"))})`;
  return [set(word, `(i32.load offset=${4 * index} ${get("at")})`), set(word, swapped)].join("\n");
}

/** The next word of the message schedule (section 6.2.2). It replaces the word of 16 rounds ago. */
function expandWord(index: number): string {
  const word = (distance: number) => `w${(index - distance) % 16}`;
  const small0 = xor(rotated(word(15), 7), rotated(word(15), 18), shifted(word(15), 3));
  const small1 = xor(rotated(word(2), 17), rotated(word(2), 19), shifted(word(2), 10));
  return set(word(16), add(get(word(16)), small0, get(word(7)), small1));
}

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

/**
 * One round (section 6.2.2). The local variables stay in place and change their roles: what is `a` here is `b` in the
 * next round. `bc` holds b xor c from the round before, which saves an operation of the majority.
 */
function round(index: number): string {
  const name = (role: number) => NAMES[(role + 64 - index) % 8] ?? "";
  const [a, b, d, e, f, g, h] = [name(0), name(1), name(3), name(4), name(5), name(6), name(7)];
  const big0 = xor(rotated(a, 2), rotated(a, 13), rotated(a, 22));
  const big1 = xor(rotated(e, 6), rotated(e, 11), rotated(e, 25));
  const choice = xor(get(g), and(get(e), xor(get(f), get(g))));
  const majority = xor(get(b), and(get("bc"), `(local.tee $ab ${xor(get(a), get(b))})`));
  return [
    ...(index < 16 ? [] : [expandWord(index)]),
    set(h, add(get(h), big1, choice, get(`w${index % 16}`), ROUND_CONSTANTS[index] ?? "")),
    set(d, add(get(d), get(h))),
    set(h, add(get(h), big0, majority)),
    set("bc", get("ab")),
  ].join("\n");
}

/** The function `sha256(at, end)`: compresses the blocks of 64 bytes from `at` to `end` into the state at `state`. */
export function sha256Function(state: number): string {
  const load = (index: number) => `(i32.load offset=${state + 4 * index} (i32.const 0))`;
  return [
    '(func (export "sha256") (param $at i32) (param $end i32)',
    locals("i32", [...NAMES, ...numbered("w", 16), "ab", "bc"]),
    "(loop $block",
    ...NAMES.map((name, index) => set(name, load(index))),
    set("bc", xor(get("b"), get("c"))),
    ...numbered("w", 16).map((_, index) => loadWord(index)),
    ...ROUND_CONSTANTS.map((_, index) => round(index)),
    ...NAMES.map(
      (name, index) => `(i32.store offset=${state + 4 * index} (i32.const 0) ${add(load(index), get(name))})`,
    ),
    set("at", add(get("at"), "(i32.const 64)")),
    `(br_if $block ${chain("i32.lt_u", get("at"), get("end"))})))`,
  ].join("\n");
}
