import { printable } from "../../../lib/printable.ts";
import { countActivation, countTokenRequest } from "../../../platform/http/rate-limit.ts";
import { createRouter, forApi, operation, Problem, z } from "../../../platform/http/route.ts";
import { actorOf } from "../../../platform/storage/ledger.ts";
import { settle } from "../../../platform/storage/settle.ts";
import { HOLDER_OR_FOREIGN } from "../foreign/holder.ts";
import { HOLDER, type HolderEnv, STANDING_PROBLEMS, sameMachine } from "../holder.ts";
import { licenseChanges } from "../license/store.ts";
import {
  EXAMPLE_LICENSE_KEY,
  LicenseView,
  licenseView,
  MachineParams,
  MachineView,
  machineView,
} from "../license/view.ts";
import {
  activateMachine,
  comeBackIfLapsed,
  readHeldLicense,
  readUsableLicense,
  takeOverOf,
} from "../machine/activation.ts";
import { fingerprintHashes, fingerprintSchema } from "../machine/fingerprint.ts";
import { activeMachine, freeSeat, machineOfToken, noSuchMachine } from "../machine/seat.ts";
import { licenseProblem } from "../refusal.ts";
import { licensingSecrets, markOfMachine } from "../secrets.ts";
import { issueToken, TokenView } from "../token/issue.ts";
import { refusalOfRenewal } from "../token/key-proof.ts";

// A field that a hive leaves out may also be null, because serde writes null.
const Activation = z
  .object({
    fingerprint: forApi(fingerprintSchema()).openapi({
      description: "A text that identifies this machine and never changes. Only its hash is stored.",
      example: "9f86d081884c7d65",
    }),
    name: z.string().max(100).overwrite(printable).nullish().openapi({
      description: "A name for people. Control characters become question marks.",
      example: "attic",
    }),
    platform: z.string().max(64).overwrite(printable).nullish().openapi({ example: "linux-x86_64" }),
    offline: z.boolean().nullish().openapi({ description: "Ask for a lease as long as the plan allows." }),
    take_over: z
      .enum(["idle"])
      .nullish()
      .openapi({
        description:
          "If every seat is held, deactivate the machine that has been idle longest and take its seat. Idle means no token and " +
          "no download for 48 hours; a running offline lease is never taken over. Without such a machine, the activation is refused.",
        example: null,
      }),
  })
  .openapi("Activation");

const ActivatedView = TokenView.extend({
  key: z.string().optional().openapi({
    description: "If the credential was a key of another shop: the license's own key, which replaces it. Store it.",
    example: EXAMPLE_LICENSE_KEY,
  }),
  took_over: MachineView.nullable().openapi({
    description: "The machine that was idle longest and was deactivated for this one.",
    example: null,
  }),
}).openapi("ActivatedMachine");

/** The operations of a hive on its seat. */
export const machine = createRouter<HolderEnv>();

machine.openapi(
  operation("post", "/v1/licenses/activate", {
    tag: "Licensing",
    summary: "Activate a machine",
    description:
      "Gives the machine a seat and returns a license token for it. The credential is the license key. " +
      "Idempotent: a machine that is already active takes no second seat. The count of seats is exact under " +
      "concurrency. A key of another shop that was imported here is exchanged first, and `key` in the answer replaces it.",
    access: HOLDER_OR_FOREIGN,
    body: Activation,
    answers: {
      201: ["The machine has taken a seat.", ActivatedView],
      200: ["The machine was active already.", ActivatedView],
    },
    refusals: [...STANDING_PROBLEMS, "MACHINE_LIMIT_REACHED", "MACHINE_BARRED", "TRIAL_USED"],
  }),
  async (c) => {
    const { holder, exchangedKey } = c.var;
    if (holder.kind !== "key") {
      throw new Problem({ code: "KEY_INVALID", detail: "Activation needs the license key. A token is not enough." });
    }
    const { fingerprint, name, platform, offline, take_over } = c.req.valid("json");
    const forms = await fingerprintHashes(holder.licenseId, fingerprint);
    sameMachine(holder, forms);
    await countActivation(c.env, holder);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const facts = {
      forms,
      mark: markOfMachine(c.var.config, fingerprint),
      name: name ?? null,
      platform: platform ?? null,
    };
    const takeOver = take_over ? await takeOverOf(c.env, holder.licenseId, actor.now) : null;
    const activation = await activateMachine(c.env.DB, holder, facts, actor, takeOver);
    if (!activation.ok) throw licenseProblem(activation.error, c.var.config);
    const { license, machine: row, changeId, replaced } = activation.value;
    await settle(c, licenseChanges(license.id, changeId));
    const token = await issueToken(c, license, row, { offline: offline ?? false, by: holder }, actor);
    const activated = {
      ...token,
      took_over: replaced && machineView(license, replaced, actor.now),
      ...(exchangedKey !== undefined && { key: exchangedKey }),
    };
    return changeId === null ? c.json(activated, 200) : c.json(activated, 201);
  },
);

const Deactivation = z
  .object({ fingerprint: forApi(fingerprintSchema()).openapi({ example: "9f86d081884c7d65" }) })
  .openapi("Deactivation");

machine.openapi(
  operation("post", "/v1/licenses/deactivate", {
    tag: "Licensing",
    summary: "Deactivate a machine",
    description:
      "Frees the machine's seat; its tokens stop working. Allowed in any status of the license. Idempotent. A " +
      "token may free only its own machine. A running offline lease keeps its seat until it ends.",
    access: HOLDER,
    body: Deactivation,
    answers: { 204: ["The machine holds no seat."] },
    refusals: [],
  }),
  async (c) => {
    const { holder } = c.var;
    const forms = await fingerprintHashes(holder.licenseId, c.req.valid("json").fingerprint);
    sameMachine(holder, forms);
    const license = await readHeldLicense(c.env.DB, holder);
    if (!license.ok) throw licenseProblem(license.error, c.var.config);
    // A token of an earlier seat of the machine frees that seat only, which is gone.
    if (holder.kind === "token" && !machineOfToken(license.value, holder)) return c.body(null, 204);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const changeId = await freeSeat(c.env.DB, holder.licenseId, { forms }, actor);
    await settle(c, licenseChanges(holder.licenseId, changeId));
    return c.body(null, 204);
  },
);

machine.openapi(
  operation("delete", "/v1/licenses/machines/{machine_id}", {
    tag: "Licensing",
    summary: "Deactivate a machine by its id",
    description:
      "Frees the seat of any machine of the license, for example of one that is lost. The credential is the license key; ids are " +
      "in `GET /v1/licenses/me`. Its tokens stop working. Allowed in any status of the license. Idempotent. A running offline lease " +
      "keeps its seat until it ends.",
    access: HOLDER,
    params: MachineParams.pick({ machine_id: true }),
    answers: { 204: ["The machine holds no seat, or only that of its lease."] },
    refusals: ["NOT_FOUND"],
  }),
  async (c) => {
    const { holder } = c.var;
    if (holder.kind !== "key") {
      throw new Problem({ code: "KEY_INVALID", detail: "This needs the license key. A token is not enough." });
    }
    const { machine_id } = c.req.valid("param");
    const license = await readHeldLicense(c.env.DB, holder);
    if (!license.ok) throw licenseProblem(license.error, c.var.config);
    if (!license.value.machines.some(({ id }) => id === machine_id)) throw new Problem(noSuchMachine);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const changeId = await freeSeat(c.env.DB, holder.licenseId, { id: machine_id }, actor);
    await settle(c, licenseChanges(holder.licenseId, changeId));
    return c.body(null, 204);
  },
);

const Body = z
  .object({
    fingerprint: forApi(fingerprintSchema()).openapi({ example: "9f86d081884c7d65" }),
    offline: z.boolean().nullish().openapi({ description: "Ask for a lease as long as the plan allows." }),
  })
  .openapi("TokenRequest");

/** The operations of a credential's holder on its license. */
export const token = createRouter<HolderEnv>();

token.openapi(
  operation("post", "/v1/licenses/token", {
    tag: "Licensing",
    summary: "Get a fresh token",
    description:
      "A new token for a machine that is already active. The credential is the license key, or an unexpired token " +
      "of that machine. Tokens alone get tokens for 30 days (`key_required_by`), then the key is required again. It reads the ledger, so a license that is not in force is refused at once.",
    access: HOLDER,
    body: Body,
    answers: { 200: ["The token.", TokenView] },
    refusals: [...STANDING_PROBLEMS, "MACHINE_DEACTIVATED", "MACHINE_LIMIT_REACHED"],
  }),
  async (c) => {
    const { holder } = c.var;
    const { fingerprint, offline } = c.req.valid("json");
    if (holder.kind === "token") {
      const { keyId } = await licensingSecrets(c.var.config);
      const refusal = refusalOfRenewal(holder.proof, keyId, c.var.now);
      if (refusal) throw licenseProblem(refusal, c.var.config);
    }
    const forms = await fingerprintHashes(holder.licenseId, fingerprint);
    sameMachine(holder, forms);
    await countTokenRequest(c.env, holder, forms[0]);
    const actor = actorOf(c, `license:${holder.licenseId}`);
    const license = await readUsableLicense(c.env.DB, holder, actor.now);
    if (!license.ok) throw licenseProblem(license.error, c.var.config);
    const machine = holder.kind === "key" ? activeMachine(license.value, forms) : machineOfToken(license.value, holder);
    if (!machine) throw licenseProblem({ code: "MACHINE_DEACTIVATED" }, c.var.config);
    const seat = await comeBackIfLapsed(c.env.DB, license.value, machine, actor);
    if (!seat.ok) throw licenseProblem(seat.error, c.var.config);
    const { license: current, machine: seated, changeId } = seat.value;
    await settle(c, licenseChanges(current.id, changeId));
    return c.json(await issueToken(c, current, seated, { offline: offline ?? false, by: holder }, actor), 200);
  },
);

token.openapi(
  operation("get", "/v1/licenses/me", {
    tag: "Licensing",
    summary: "Show this license",
    description:
      "The license of the credential, from the ledger. By the key it lists every machine, by a token that token's own. It answers in any status, so that a holder can see the " +
      "reason for a refusal.",
    access: HOLDER,
    answers: { 200: ["The license.", z.object({ license: LicenseView })] },
    refusals: ["MACHINE_DEACTIVATED"],
  }),
  async (c) => {
    const { holder } = c.var;
    const license = await readHeldLicense(c.env.DB, holder);
    if (!license.ok) throw licenseProblem(license.error, c.var.config);
    // A token is for its machine: it names no other, and reads nothing once the machine has lost its seat.
    if (holder.kind === "key") return c.json({ license: licenseView(license.value, c.var.now) }, 200);
    if (!machineOfToken(license.value, holder)) throw licenseProblem({ code: "MACHINE_DEACTIVATED" }, c.var.config);
    return c.json({ license: licenseView(license.value, c.var.now, holder.machine) }, 200);
  },
);
