import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../src/cli/settings.ts";

const start = { url: "http://localhost:8787", admin_token: "dev-admin", license_key: "dev-key" };
const KEY = `rbee_lic_${"0A1B2C3D4E5".repeat(5)}`;
const TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln";

describe("the settings", () => {
  it("take the URL from the sources in the documented order", () => {
    const env = { RBEE_CATALOG_URL: "https://env.example" };
    const url = (sources: Partial<Parameters<typeof resolveSettings>[0]>) =>
      resolveSettings({ url: undefined, env: {}, start: null, ...sources }).url;
    expect(url({ url: "https://flag.example/", env, activatedAt: "https://hive.example", start })).toBe(
      "https://flag.example",
    );
    expect(url({ env, activatedAt: "https://hive.example", start })).toBe("https://env.example");
    expect(url({ activatedAt: "https://hive.example", start })).toBe("https://hive.example");
    expect(url({ start })).toBe("http://localhost:8787");
    expect(url({})).toBe("https://catalog.rbee.dev");
  });

  it("use the development server's credentials for its own URL only", () => {
    const own = resolveSettings({ url: undefined, env: {}, start });
    expect(own).toMatchObject({ adminToken: "dev-admin", license: "dev-key" });
    const other = resolveSettings({ url: "https://catalog.example", env: {}, start });
    expect(other).toMatchObject({ adminToken: null, license: null });
  });

  it("prefer the credentials of the environment", () => {
    const env = { RBEE_ADMIN_TOKEN: "mine", RBEE_LICENSE_KEY: KEY };
    expect(resolveSettings({ url: undefined, env, start })).toMatchObject({ adminToken: "mine", license: KEY });
  });

  it.each([
    ["a key in RBEE_LICENSE_KEY", { RBEE_LICENSE_KEY: KEY }, KEY],
    ["a key in RBEE_LICENSE_TOKEN", { RBEE_LICENSE_TOKEN: KEY }, KEY],
    ["a token in RBEE_LICENSE_KEY", { RBEE_LICENSE_KEY: TOKEN }, TOKEN],
    ["the key of both", { RBEE_LICENSE_KEY: KEY, RBEE_LICENSE_TOKEN: TOKEN }, KEY],
    [
      "a key with look-alikes, hyphens and a line end",
      { RBEE_LICENSE_KEY: `${KEY.replace("0", "o").replace("1", "-l")}\r\n` },
      KEY,
    ],
  ])("take %s as the license", (_, env, license) => {
    expect(resolveSettings({ url: undefined, env, start: null }).license).toBe(license);
  });

  it.each([
    ["a part of a key", KEY.slice(0, 40), "31 of 55"],
    ["a key with a letter that none has", KEY.replace("A", "U"), "a character that no key has"],
    ["an admin token", `rbee_adm_${"A".repeat(43)}`, "is an admin token"],
    ["another text", "my secret", "neither a license key"],
  ])("refuse %s as the license only once it is needed, with status 3 and unquoted", (_, text, reason) => {
    const settings = resolveSettings({ url: undefined, env: { RBEE_LICENSE_KEY: text }, start });
    expect(() => settings.license).toThrow(
      expect.objectContaining({ exitCode: 3, message: expect.stringContaining(reason) }),
    );
    expect(() => settings.license).not.toThrow(text.slice(-9));
  });

  it("refuse a license key and a text with another alphabet as the admin token", () => {
    const settings = (text: string) => resolveSettings({ url: undefined, env: { RBEE_ADMIN_TOKEN: text }, start });
    expect(settings(" \u200brbee_adm_a-b\r\n").adminToken).toBe("rbee_adm_a-b");
    expect(() => settings(KEY).adminToken).toThrow("RBEE_ADMIN_TOKEN is a license key");
    expect(() => settings("rbee_adm_ä").adminToken).toThrow("has characters that no admin token has");
  });

  it("refuse a URL with a user and a password, and do not show them", () => {
    const resolve = () => resolveSettings({ url: "https://ada:s3cret@catalog.example", env: {}, start: null });
    expect(resolve).toThrow("no password");
    expect(resolve).not.toThrow("s3cret");
  });

  it.each(["catalog.example", "ftp://catalog.example", "file:///etc/passwd", ""])("refuse %j as a URL", (url) => {
    expect(() => resolveSettings({ url, env: {}, start: null })).toThrow("is not the URL of a catalog");
  });
});
