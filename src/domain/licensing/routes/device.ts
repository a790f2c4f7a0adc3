import { newSecret } from "../../../lib/credential.ts";
import { printable } from "../../../lib/printable.ts";
import { countDeviceLogin, countFailedCredential } from "../../../platform/http/rate-limit.ts";
import { ANYONE, createRouter, operation, Problem, z } from "../../../platform/http/route.ts";
import { formatUserCode, hashOfCode, newUserCode } from "../device/codes.ts";
import { decidePoll, INTERVAL_SECONDS, LOGIN_SECONDS } from "../device/decision.ts";
import { createDeviceLogin, findDeviceLogin, notePoll, useDeviceLogin } from "../device/store.ts";
import { isErased } from "../license/record.ts";
import { readLicense } from "../license/store.ts";
import { currentKey, licensingSecrets } from "../secrets.ts";

const NO_STORE = { "Cache-Control": "no-store" };

const Asked = z
  .object({
    name: z.string().max(100).overwrite(printable).nullish().openapi({
      description: "A name of the machine. The person who approves the code sees it.",
      example: "attic",
    }),
  })
  .openapi("DeviceLoginRequest");

const Codes = z
  .object({
    device_code: z.string().openapi({ example: "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M" }),
    user_code: z.string().openapi({ example: "WDJB-MJHT" }),
    verification_uri: z.string().openapi({ example: "https://catalog.rbee.dev/account/device" }),
    verification_uri_complete: z.string().openapi({
      example: "https://catalog.rbee.dev/account/device?code=WDJB-MJHT",
    }),
    expires_in: z.int().openapi({ description: "Seconds until both codes end.", example: LOGIN_SECONDS }),
    interval: z.int().openapi({ description: "Seconds to wait between two polls.", example: INTERVAL_SECONDS }),
  })
  .openapi("DeviceCodes");

const Exchange = z
  .object({ device_code: z.string().openapi({ example: "kJ3mXw9QyA0h5sN2vLr8TzBc1DfGeU4iPo6aYxWqE7M" }) })
  .openapi("DeviceTokenRequest");

const LoggedIn = z
  .object({
    license_id: z.string().openapi({ example: "lic_06b4m2v8w5r7q1t3x9z2k4n6p8" }),
    license_key: z.string().openapi({ example: "rbee_lic_06B4M2V8W5R7Q1T3X9Z2K4N6P8" }),
  })
  .openapi("DeviceLogin");

/** The two operations of a login by code: a machine asks for codes, and polls until a person has approved them. */
export const device = createRouter();

device.openapi(
  operation("post", "/v1/device/code", {
    tag: "Licensing",
    summary: "Start a login in the browser",
    description:
      "Returns a code that a signed-in person approves at `/account/device`, as the device authorization grant does (RFC 8628). " +
      "The body is JSON and not a form.",
    access: ANYONE,
    body: Asked,
    answers: { 200: ["The codes.", Codes] },
    refusals: ["RATE_LIMITED"],
  }),
  async (c) => {
    await countDeviceLogin(c.env, c.req.raw);
    const { keySecret } = await licensingSecrets(c.var.config);
    const [deviceCode, userCode] = [newSecret(), newUserCode()];
    const country = c.req.raw.cf?.country;
    const login = {
      deviceHash: await hashOfCode("device", deviceCode, keySecret),
      userHash: await hashOfCode("user", userCode, keySecret),
      name: c.req.valid("json").name ?? null,
      country: typeof country === "string" ? country : null,
    };
    await createDeviceLogin(c.env.DB, login, c.var.now);
    const page = `${c.var.config.PUBLIC_URL}/account/device`;
    const shown = formatUserCode(userCode);
    const answer = {
      device_code: deviceCode,
      user_code: shown,
      verification_uri: page,
      verification_uri_complete: `${page}?code=${shown}`,
      expires_in: LOGIN_SECONDS,
      interval: INTERVAL_SECONDS,
    };
    return c.json(answer, 200, NO_STORE);
  },
);

device.openapi(
  operation("post", "/v1/device/token", {
    tag: "Licensing",
    summary: "Poll for the license of a login",
    description:
      "Returns the license key once a person has approved the code, and only once. Until then it answers `AUTHORIZATION_PENDING`. " +
      "After `SLOW_DOWN`, wait five seconds longer between all further requests.",
    access: ANYONE,
    body: Exchange,
    answers: { 200: ["The license and its key.", LoggedIn] },
    refusals: ["AUTHORIZATION_PENDING", "SLOW_DOWN", "DEVICE_CODE_EXPIRED", "ACCESS_DENIED", "RATE_LIMITED"],
  }),
  async (c) => {
    const { DB: db } = c.env;
    const { keySecret } = await licensingSecrets(c.var.config);
    const hash = await hashOfCode("device", c.req.valid("json").device_code, keySecret);
    const login = await findDeviceLogin(db, "device_hash", hash);
    if (login === null) await countFailedCredential(c.env, c.req.raw);
    const decision = decidePoll(login, c.var.now);
    if (!decision.ok) {
      // No other refusal writes, so a machine that polls without a pause makes no load of writes.
      if (login !== null && decision.error.code === "AUTHORIZATION_PENDING") await notePoll(db, login.id, c.var.now);
      throw new Problem(decision.error);
    }
    const { id, licenseId, generation } = decision.value;
    c.var.subject.licenseId = licenseId;
    const license = await readLicense(db, licenseId);
    // The key was replaced, or the owner erased, since the approval.
    const isCurrent = license !== null && !isErased(license) && license.generation === generation;
    if (!isCurrent || !(await useDeviceLogin(db, id))) {
      throw new Problem({
        code: "DEVICE_CODE_EXPIRED",
        detail: "This code has expired or was used. Run `rbee-catalog login` again.",
      });
    }
    const key = await currentKey(c.var.config, license);
    return c.json({ license_id: licenseId, license_key: key }, 200, NO_STORE);
  },
);
