const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const VALUES = new Map<string, number>();
for (const [value, symbol] of [...ALPHABET].entries()) {
  VALUES.set(symbol, value);
  VALUES.set(symbol.toLowerCase(), value);
}
for (const [alias, symbol] of ["I1", "L1", "O0"].map((pair) => [...pair] as [string, string])) {
  const value = VALUES.get(symbol) ?? 0;
  VALUES.set(alias, value);
  VALUES.set(alias.toLowerCase(), value);
}

/** Bytes as Crockford base32 in capitals, five bits a symbol, most significant first, zero-padded at the end. */
export function encodeCrockford(bytes: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(buffer << (5 - bits)) & 31] : text;
}

/**
 * The `length` bytes of a Crockford base32 text in any case; `I` and `L` mean 1, `O` means 0. Null if the text has
 * another length, another symbol, or padding bits that are not zero. So each byte string has one spelling, but for case
 * and these look-alikes.
 */
export function decodeCrockford(text: string, length: number): Uint8Array<ArrayBuffer> | null {
  if (text.length !== Math.ceil((length * 8) / 5)) return null;
  const bytes = new Uint8Array(length);
  let buffer = 0;
  let bits = 0;
  let filled = 0;
  for (const symbol of text) {
    const value = VALUES.get(symbol);
    if (value === undefined) return null;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[filled++] = (buffer >> bits) & 0xff;
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : null;
}
