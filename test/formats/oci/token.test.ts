import { describe, expect, it } from "vitest";
import { sealLink } from "../../../src/domain/delivery/link.ts";
import {
  askerOfToken,
  looksLikeRegistryToken,
  openToken,
  registrySecret,
  sealToken,
  TOKEN_LIFETIME,
} from "../../../src/formats/oci/token.ts";
import { importSealKey } from "../../../src/lib/sealed-text.ts";

const DOWNLOAD_LINK_SECRET = new Uint8Array(32).fill(1);
const secret = await registrySecret({ DOWNLOAD_LINK_SECRET });
const holder = { licenseId: "lic_1", machine: "hash", generation: 2 };
const token = { issuedAt: 1000, provenAt: 900, holder, workers: ["w"], unseated: null };

describe("a registry token", () => {
  it("opens until it ends, with all that was sealed", async () => {
    const unseated = { code: "MACHINE_LIMIT_REACHED", detail: "Full." } as const;
    for (const one of [token, { ...token, holder: null }, { ...token, unseated }]) {
      const sealed = await sealToken(one, secret);
      expect(looksLikeRegistryToken(sealed)).toBe(true);
      expect(await openToken(sealed, secret, 1000 + TOKEN_LIFETIME - 1)).toEqual({ ok: true, value: one });
      expect(await openToken(sealed, secret, 1000 + TOKEN_LIFETIME)).toMatchObject({
        error: { code: "TOKEN_EXPIRED" },
      });
    }
  });

  it("is no link, and a link is no token, though both come from one secret", async () => {
    const linkSecret = await importSealKey(DOWNLOAD_LINK_SECRET);
    const link = { id: "dl_1", issuedAt: 1000, workerId: "w", version: "1.0.0", filename: "f", holder };
    const sealed = await sealLink(link, linkSecret);
    expect(await openToken(`rbee_reg_${sealed}`, secret, 1000)).toMatchObject({ error: { code: "TOKEN_INVALID" } });
    const other = await registrySecret({ DOWNLOAD_LINK_SECRET: new Uint8Array(32).fill(2) });
    expect(await openToken(await sealToken(token, other), secret, 1000)).toMatchObject({
      error: { code: "TOKEN_INVALID" },
    });
  });

  it("asks as its machine, takes no seat, and is as old as the credential behind it", () => {
    expect(askerOfToken(token)).toEqual({
      ...holder,
      forms: ["hash"],
      issuedAt: 900,
      tokenMadeAt: 900,
      mayActivate: false,
    });
    expect(askerOfToken({ ...token, holder: null })).toBeNull();
  });
});
