import * as z from "zod";
import { decodeBase64Url } from "../../lib/encoding.ts";
import { once } from "../../lib/isolate.ts";
import { lazy } from "../../lib/lazy.ts";
import { LOOPBACK } from "../../lib/loopback.ts";
import { indexSigningKey } from "../../lib/minisign/index-key.ts";
import { packageSigningKeys } from "../../lib/openpgp/package-key.ts";
import { type ActLimits, COUNTED_ACT_NAMES, DEFAULT_ACT_LIMITS } from "./act-limits.ts";
import { isOtherOrigin, otherOrigins } from "./other-origins.ts";
import { SCOPES } from "./scopes.ts";
import { isLegalText, missingOf, sampleDocuments } from "./seller.ts";

/** The schema of the variables and secrets. */
const environmentSchema = lazy(() => {
  /** An Ed25519 private key as JWK (RFC 8037), as `rbee-catalog keys new` prints it. */
  const SigningKey = z.object({
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    kid: z.string().min(1),
    x: z.string().length(43),
    d: z.string().length(43),
  });

  const secretBytes = z
    .string()
    .refine(
      // A last group of one character is half a byte.
      (text) => /^[A-Za-z0-9_-]{43,}$/.test(text) && text.length % 4 !== 1,
      "must be at least 32 random bytes in base64url",
    )
    .transform(decodeBase64Url);

  const json = <Schema extends z.ZodType>(schema: Schema) =>
    z
      .string()
      .transform((text, context) => {
        try {
          return JSON.parse(text) as unknown;
        } catch {
          context.addIssue({ code: "custom", message: "is not JSON" });
          return z.NEVER;
        }
      })
      .pipe(schema);

  /** `Name <address>`, split as the `send_email` binding takes it. */
  const mailbox = z
    .string()
    .regex(/^[^<>\r\n]+ <[^<>@\s]+@[^<>@\s]+>$/, "must be `Name <address>`")
    .transform((text) => {
      const open = text.lastIndexOf("<");
      return { name: text.slice(0, open).trim(), email: text.slice(open + 1, -1) };
    });

  const oneLine = z.string().regex(/^\P{Cc}*$/u, "must be one line");

  const actLimit = z
    .strictObject({ alarm: z.int().min(1), stop: z.int().min(1) }, "must be an alarm and a stop")
    .refine(({ alarm, stop }) => alarm <= stop, "must have an alarm that comes no later than the stop");

  /** A document of the seller's: an https URL, or its text. */
  const legal = z.string().refine(isLegalText, "must be an https URL, or a text").default("");

  const webUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

  /** The URL of a stand-in for Stripe. Loopback only, so that no key is sent to another machine. */
  const loopbackUrl = z.url({ protocol: /^https?$/, hostname: LOOPBACK, error: "must be on loopback" });

  return z
    .object({
      ENVIRONMENT: z.enum(["production", "development"]),
      /** The Worker's name at Cloudflare, from the deploy script; empty without it, as in development. */
      DEPLOYMENT: z.string().default(""),
      PUBLIC_URL: webUrl.transform((url) => new URL(url).origin),
      /** Origins beside PUBLIC_URL, separated by blanks. `otherOrigins` has the default. */
      OTHER_ORIGINS: z.string().optional(),
      PURCHASE_URL: webUrl,
      LICENSE_KEY_SECRET: secretBytes,
      DOWNLOAD_LINK_SECRET: secretBytes,
      LICENSE_SIGNING_KEY: json(SigningKey),
      INDEX_SIGNING_KEY: json(indexSigningKey()),
      PACKAGE_SIGNING_KEYS: json(packageSigningKeys()),
      DELIVERY: z.enum(["worker", "r2-presigned"]),
      /** `bound`: required, and each signature names its file, worker and version. */
      RELEASE_SIGNATURES: z.enum(["bound", "required", "optional"]),
      RELEASE_SIGNING_PUBLIC_KEYS: z.string(),
      /** For development: trusted roots as JSON Lines, beside those of keys/sigstore-trusted-roots.jsonl. */
      PROVENANCE_TRUSTED_ROOTS: z.string().default(""),
      /** Workers that publish only with verified provenance, separated by blanks. A trailing `*` matches the rest. */
      PROVENANCE_REQUIRED: z
        .string()
        .default("")
        .transform((text) => text.split(/\s+/).filter((pattern) => pattern !== "")),
      LOG_REQUESTS: z.enum(["all", "failed", "none"]),
      LIVEMODE: z.enum(["true", "false"]).transform((flag) => flag === "true"),
      GRACE_DAYS: z.string().regex(/^\d+$/, "must be a number of days").transform(Number).pipe(z.number().max(60)),
      STRIPE_SECRET_KEY: z.union([z.literal(""), z.string().regex(/^(sk|rk)_(live|test)_/)]).default(""),
      STRIPE_WEBHOOK_SECRET: z.string().default(""),
      STRIPE_WEBHOOK_SECRET_PREVIOUS: z.string().default(""),
      STRIPE_API_BASE: z.union([z.literal(""), loopbackUrl]).default(""),
      R2_S3_ENDPOINT: z.union([z.literal(""), webUrl]),
      R2_S3_BUCKET: z.string(),
      R2_ACCESS_KEY_ID: z.string().default(""),
      R2_SECRET_ACCESS_KEY: z.string().default(""),
      MAIL_FROM: mailbox,
      /** The seller on every page and in every mail: the name and postal address of the company, on one line. */
      SELLER_NAME: oneLine.default(""),
      SELLER_ADDRESS: oneLine.default(""),
      /** The seller's tax number for invoices; `none` for a seller without one. */
      SELLER_VAT_NUMBER: oneLine.default(""),
      TERMS: legal,
      PRIVACY: legal,
      REFUNDS: legal,
      IMPRINT: legal,
      /** `true`: Stripe's account has the URL of the terms, so its payment page asks for consent to them too. */
      STRIPE_ASKS_CONSENT: z
        .enum(["true", "false"])
        .default("false")
        .transform((flag) => flag === "true"),
      /** The address that customers reach people at; an answer to any mail goes there. Default: that of MAIL_FROM. */
      SUPPORT_EMAIL: z
        .union([z.literal(""), z.string().regex(/^[^<>@\s,]+@[^<>@\s,]+$/, "must be an address")])
        .default(""),
      ACCESS_TEAM_DOMAIN: z.union([z.literal(""), z.hostname()]),
      ACCESS_AUD: z.string(),
      /** The daily limits of acts that differ from the defaults, by act. */
      ACT_LIMITS: json(z.partialRecord(z.enum(COUNTED_ACT_NAMES), actLimit, "must be limits by act"))
        .prefault("{}")
        .transform((given): ActLimits => ({ ...DEFAULT_ACT_LIMITS, ...given })),
      /** The division of the scopes that ACCESS_SCOPES is written for; 1: before three of them were divided. */
      ACCESS_SCOPES_VERSION: z.enum(["1", "2"]).default("1").transform(Number),
      ACCESS_SCOPES: json(z.record(z.string(), z.array(z.enum(SCOPES)))),
      /** The issuer of the tokens that workflow runs publish with, exactly as their `iss` claim has it. */
      PUBLISHER_ISSUER: webUrl.default("https://token.actions.githubusercontent.com"),
      /** The issuer's keys. Pinned here, and never taken from a token or from the issuer's discovery document. */
      PUBLISHER_JWKS_URL: webUrl.default("https://token.actions.githubusercontent.com/.well-known/jwks"),
    })
    .superRefine((env, context) => {
      if (env.DELIVERY === "r2-presigned") {
        for (const name of ["R2_S3_ENDPOINT", "R2_S3_BUCKET", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"] as const) {
          if (env[name] === "")
            context.addIssue({ code: "custom", path: [name], message: "is needed by r2-presigned" });
        }
      }
      for (const name of ["PUBLIC_URL", "R2_S3_ENDPOINT", "PUBLISHER_ISSUER", "PUBLISHER_JWKS_URL"] as const) {
        if (env[name] === "" || env[name].startsWith("https:")) continue;
        // Credentials, links, files and keys cross the network to these. On loopback there is no network.
        const isLocal = env.ENVIRONMENT === "development" && loopbackUrl.safeParse(env[name]).success;
        if (!isLocal) context.addIssue({ code: "custom", path: [name], message: "must be an https URL" });
      }
      if (env.ENVIRONMENT === "production" && env.RELEASE_SIGNATURES === "optional") {
        const message = "must be required in production, or better: bound";
        context.addIssue({ code: "custom", path: ["RELEASE_SIGNATURES"], message });
      }
      // In production the trusted roots change by a commit alone, as the release keys do.
      if (env.ENVIRONMENT === "production" && env.PROVENANCE_TRUSTED_ROOTS !== "") {
        const message = "must be empty in production: add the root to keys/sigstore-trusted-roots.jsonl";
        context.addIssue({ code: "custom", path: ["PROVENANCE_TRUSTED_ROOTS"], message });
      }
      if (env.STRIPE_SECRET_KEY !== "" && /^.._live_/.test(env.STRIPE_SECRET_KEY) !== env.LIVEMODE) {
        context.addIssue({
          code: "custom",
          path: ["STRIPE_SECRET_KEY"],
          message: "must be of the mode that LIVEMODE names",
        });
      }
      // Production must not believe a stand-in.
      if (env.ENVIRONMENT === "production" && env.STRIPE_API_BASE !== "") {
        context.addIssue({ code: "custom", path: ["STRIPE_API_BASE"], message: "must not be set in production" });
      }
      if (env.ACCESS_TEAM_DOMAIN !== "" && env.ACCESS_AUD === "") {
        context.addIssue({ code: "custom", path: ["ACCESS_AUD"], message: "is needed with ACCESS_TEAM_DOMAIN" });
      }
      const faulty = otherOrigins(env).find((origin) => !isOtherOrigin(origin, env.ENVIRONMENT));
      if (faulty !== undefined) {
        const message = "must be https origins without a path, or http ones on loopback in development";
        context.addIssue({ code: "custom", path: ["OTHER_ORIGINS"], message });
      }
    })
    .transform((env) => ({
      ...env,
      ...(env.ENVIRONMENT === "development" ? sampleDocuments(env) : {}),
      SELLER_NAME: env.SELLER_NAME || "rbee",
      /** The variables about the seller that are not set. Without them nothing is sold in live mode. */
      SELLER_MISSING: missingOf(env),
      OTHER_ORIGINS: otherOrigins(env),
      SUPPORT_EMAIL: env.SUPPORT_EMAIL || env.MAIL_FROM.email,
    }));
});

export type Config = z.output<ReturnType<typeof environmentSchema>>;

/** A variable or secret that is not valid, and the reason. The reason quotes no value. */
export type ConfigFault = { variable: string; message: string };

/** The configuration is not valid. The message names each faulty variable and no value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(`Configuration: ${faults.map(({ variable, message }) => `${variable}: ${message}`).join("; ")}`);
    this.faults = faults;
  }
}

/**
 * Parses the Worker's variables and secrets. Throws `ConfigError`, which names every wrong or missing variable: the
 * service answers no request until all are right.
 */
export function readConfig(env: object): Config {
  const parsed = environmentSchema().safeParse(env);
  if (parsed.success) return parsed.data;
  // Only the first part of a path names a variable. The rest comes from the variable's value.
  throw new ConfigError(
    parsed.error.issues.map(({ path: [name = "environment"], message }) => ({ variable: String(name), message })),
  );
}

/** `readConfig`, once per isolate: every request of an isolate gets the same `env` object. */
export const configOf = once(readConfig);
