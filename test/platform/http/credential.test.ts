import { describe, expect, it } from "vitest";
import { credentialOf } from "../../../src/platform/http/credential.ts";

const of = (authorization: string) => credentialOf(new Headers({ Authorization: authorization }))?.secret;
const basic = (password: string) => `Basic ${Buffer.from(`attic:${password}`).toString("base64")}`;

describe("the credential of a request", () => {
  it.each([
    ["with quotes and blanks around it", 'Bearer  "rbee_lic_0A1B" '],
    ["with hyphens in it", "bearer rbee_lic_0A-1B"],
    ["with a soft hyphen of Latin-1", "Bearer rbee_lic_0A\u00ad1B"],
    ["as the password of Basic", basic("rbee_lic_0A\u200b1B\r\n")],
    ["as the password of Basic, in quotes", basic("'rbee_lic_0A1B'")],
  ])("is clean: a key %s", (_, authorization) => {
    expect(of(authorization)).toBe("rbee_lic_0A1B");
  });

  it("keeps the hyphens of a token", () => {
    expect(of("Bearer 'eyJ-a.b_c.d-e'")).toBe("eyJ-a.b_c.d-e");
  });

  it("is none if nothing is left of it", () => {
    for (const nothing of ['Bearer ""', "Bearer \u00ad", basic(""), basic("\u200b")])
      expect(of(nothing)).toBeUndefined();
  });

  it("of a malformed Basic is no key, although the text is one", () => {
    for (const text of ["rbee_lic_0A1B", "!"]) expect(of(`Basic ${text}`)).toBe("malformed");
  });

  it("joins two keys to a text that is none", () => {
    expect(of("Bearer rbee_lic_0A rbee_lic_1B")).toBe("rbee_lic_0Arbee_lic_1B");
  });
});
