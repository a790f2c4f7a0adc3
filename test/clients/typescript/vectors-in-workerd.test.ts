import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { testVectors } from "./vector-battery.ts";

it("these vectors are tested in workerd", () => {
  expect(env.PUBLIC_URL).toBe("https://catalog.test");
});

testVectors();
