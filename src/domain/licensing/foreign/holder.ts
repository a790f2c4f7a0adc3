import type { MiddlewareHandler } from "hono";
import { foreignKeyForm } from "../../../lib/foreign-key.ts";
import { credentialOf } from "../../../platform/http/credential.ts";
import type { Access } from "../../../platform/http/operation.ts";
import { HOLDER, type HolderEnv, requireHolder, sentMachine } from "../holder.ts";
import { licenseProblem } from "../refusal.ts";
import { exchangeForeignKey } from "./exchange.ts";

/**
 * `requireHolder`, which also exchanges a key of another shop. The holder is then that of the license's own key. Throws
 * its problems and those of `exchangeForeignKey`.
 */
const exchangeOrRequire: MiddlewareHandler<HolderEnv> = async (c, next) => {
  const credential = credentialOf(c.req.raw.headers);
  if (credential === null || foreignKeyForm(credential.secret) === null) {
    await requireHolder(c, next);
    return;
  }
  const exchanged = await exchangeForeignKey(c, credential.secret);
  if (!exchanged.ok) throw licenseProblem(exchanged.error, c.var.config);
  const { license, key } = exchanged.value;
  const machine = await sentMachine(license.id, credential);
  if (!machine.ok) throw licenseProblem(machine.error, c.var.config);
  c.set("holder", { kind: "key", licenseId: license.id, generation: license.generation, machine: machine.value });
  c.set("exchangedKey", key);
  await next();
  c.res.headers.set("Cache-Control", "private, no-store");
};

/** `HOLDER` for an operation that also takes a key of another shop, and exchanges it. */
export const HOLDER_OR_FOREIGN = {
  ...HOLDER,
  middleware: [exchangeOrRequire],
  refusals: [...HOLDER.refusals, "KEY_EXCHANGED"],
} satisfies Access;
