import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { testLicensingVectors } from "./battery.ts";

it("these vectors are tested in workerd, whose cryptography is its own", () => {
  expect(env.PUBLIC_URL).toBe("https://catalog.test");
});

testLicensingVectors();
