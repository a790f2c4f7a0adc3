import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, decodeBase64Url, encodeHex } from "../../../src/lib/encoding.ts";
import { hashOf } from "../../../src/lib/hash/stream-hash.ts";
import { armor, dearmor } from "../../../src/lib/openpgp/armor.ts";
import { clearsigned } from "../../../src/lib/openpgp/cleartext.ts";
import { mpi, packet, parsePackets } from "../../../src/lib/openpgp/packet.ts";
import {
  armorCertificates,
  openPgpKey,
  parseCertificates,
  showFingerprint,
} from "../../../src/lib/openpgp/public-key.ts";
import {
  certify,
  generateOpenPgpKey,
  signaturePacket,
  signData,
  signingKey,
} from "../../../src/lib/openpgp/signature.ts";

const bytes = fc.uint8Array({ maxLength: 400 });

/** The first key pair of RFC 8032, section 7.1. */
const SEED = decodeBase64Url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
const PUBLIC = decodeBase64Url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
const AT = 1_764_000_000;

const sampleKey = async () => signingKey(await openPgpKey(PUBLIC, AT), SEED);

describe("packets", () => {
  it("come back from their bytes, whatever their tags and lengths", () => {
    const packets = fc.array(fc.record({ tag: fc.integer({ min: 1, max: 15 }), body: bytes }));
    fc.assert(
      fc.property(packets, (given) => {
        const parsed = parsePackets(concat(...given.map(({ tag, body }) => packet(tag, body))));
        expect(parsed).toEqual({
          ok: true,
          value: given.map(({ tag, body }) => ({ tag, body: new Uint8Array(body) })),
        });
      }),
    );
  });

  it("of 64 KiB and more have a length of four bytes", () => {
    const long = packet(2, new Uint8Array(0x10000));
    expect(encodeHex(long.subarray(0, 5))).toBe("8a00010000");
    expect(parsePackets(long)).toMatchObject({ ok: true });
  });

  it("that are cut off, or have another header, are refused", () => {
    expect(parsePackets(packet(2, Uint8Array.of(1, 2, 3)).subarray(0, 4))).toMatchObject({ ok: false });
    expect(parsePackets(Uint8Array.of(0xc2, 1, 0))).toMatchObject({ ok: false });
    expect(parsePackets(Uint8Array.of(0x8b, 1, 0))).toMatchObject({ ok: false });
  });

  it("any bytes are parsed or refused without an exception", () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(parsePackets(given)).toHaveProperty("ok");
      }),
    );
  });
});

describe("an integer", () => {
  it.each([
    // The examples of RFC 4880, section 3.2.
    [[1], "000101"],
    [[1, 0xff], "000901ff"],
    [[0, 0, 1, 0xff], "000901ff"],
    [[0, 0], "0000"],
  ])("of the bytes %j is %s", (given, expected) => {
    expect(encodeHex(mpi(Uint8Array.from(given)))).toBe(expected);
  });
});

describe("armor", () => {
  it("gives its bytes back", () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(dearmor("SIGNATURE", armor("SIGNATURE", given))).toEqual({ ok: true, value: new Uint8Array(given) });
      }),
    );
  });

  it("is refused if one character differs, or if it is of another kind", () => {
    const text = armor("SIGNATURE", new Uint8Array(100).fill(7));
    expect(dearmor("PUBLIC KEY BLOCK", text)).toMatchObject({ ok: false });
    const other = fc.tuple(fc.nat({ max: text.length - 1 }), fc.constantFrom("A", "b", "=", "\n", " ", "é"));
    fc.assert(
      fc.property(other, ([at, character]) => {
        fc.pre(text[at] !== character);
        expect(dearmor("SIGNATURE", text.slice(0, at) + character + text.slice(at + 1))).toMatchObject({ ok: false });
      }),
    );
  });
});

describe("a certificate", () => {
  it("has the key, its fingerprint and its name when it is read again", async () => {
    const certificate = await certify(await sampleKey(), "Grüße <someone@example.org>");
    const parsed = await parseCertificates(armorCertificates([certificate]));
    expect(parsed).toEqual({ ok: true, value: [certificate] });
    expect(showFingerprint(certificate)).toMatch(/^[0-9A-F]{40}$/);
  });

  it("is one of several in a block", async () => {
    const made = await Promise.all([1, 2, 3].map((one) => generateOpenPgpKey(`key ${one}`, AT + one)));
    const certificates = made.map(({ certificate }) => certificate);
    expect(await parseCertificates(armorCertificates(certificates))).toEqual({ ok: true, value: certificates });
  });

  it("of another form is refused", async () => {
    const { packets } = await certify(await sampleKey(), "a key");
    const block = (given: Uint8Array) => parseCertificates(armor("PUBLIC KEY BLOCK", given));
    const otherCurve = packets.slice();
    otherCurve[10] = 0x2c;
    for (const given of [
      new Uint8Array(),
      packets.subarray(0, 53),
      concat(packets, packets.subarray(0, 53)),
      otherCurve,
    ]) {
      expect(await block(given)).toMatchObject({ ok: false });
    }
  });
});

describe("a signature", () => {
  it("is the same for the same key, data and time, and another for another time", async () => {
    const key = await sampleKey();
    const data = new TextEncoder().encode("data");
    const sign = (at: number) => signData(key, { type: 0, at }, data).then(encodeHex);
    expect(await sign(AT)).toBe(await sign(AT));
    expect(await sign(AT)).not.toBe(await sign(AT + 1));
  });

  it("says the seconds after which it is no longer valid, if they are given", async () => {
    const key = await sampleKey();
    const sign = (validSeconds?: number) => signData(key, { type: 0, at: AT, validSeconds }, PUBLIC).then(encodeHex);
    // RFC 4880, section 5.2.3.10: 5 bytes of subpacket 3.
    expect(await sign(604_800)).toContain("0503" + "00093a80");
    expect(await sign()).not.toContain("0503" + "00093a80");
  });

  it("over hashed data is the signature over the data", async () => {
    const key = await sampleKey();
    await fc.assert(
      fc.asyncProperty(bytes, async (data) => {
        const hashed = await signaturePacket(key, { type: 0, at: AT }, (trailer) =>
          hashOf("sha256", concat(data, trailer)),
        );
        expect(hashed).toEqual(await signData(key, { type: 0, at: AT }, data));
      }),
    );
  });

  it("is refused by a key whose seed belongs to another", async () => {
    await expect(openPgpKey(PUBLIC, AT).then((key) => signingKey(key, new Uint8Array(32)))).rejects.toThrow();
  });
});

describe("a cleartext signed message", () => {
  it("escapes the lines that begin with a dash", async () => {
    const message = await clearsigned([await sampleKey()], "- item\n-----BEGIN PGP SIGNATURE-----\nFrom me\n", AT);
    expect(message).toMatch(
      /^-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- - item\n- -----BEGIN PGP SIGNATURE-----\nFrom me\n-----BEGIN PGP SIGNATURE-----\n\n/,
    );
  });
});
