import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../src/cli/settings.ts";

const start = { url: "http://localhost:8787", admin_token: "dev-admin", license_key: "dev-key" };

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
    expect(own).toMatchObject({ adminToken: "dev-admin", licenseKey: "dev-key" });
    const other = resolveSettings({ url: "https://catalog.example", env: {}, start });
    expect(other).toMatchObject({ adminToken: null, licenseKey: null });
  });

  it("prefer the credentials of the environment", () => {
    const env = { RBEE_ADMIN_TOKEN: "mine", RBEE_LICENSE_KEY: "my-key" };
    expect(resolveSettings({ url: undefined, env, start })).toMatchObject({ adminToken: "mine", licenseKey: "my-key" });
  });

  it.each(["catalog.example", "ftp://catalog.example", "file:///etc/passwd", ""])("refuse %j as a URL", (url) => {
    expect(() => resolveSettings({ url, env: {}, start: null })).toThrow("is not the URL of a catalog");
  });
});
