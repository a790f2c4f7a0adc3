import type { CatalogCommand } from "./command.ts";

/** A module of commands: the summary of each command that it adds, by name, and how to load it. */
export type CommandModule = {
  summaries: Readonly<Record<string, string>>;
  load: () => Promise<(program: CatalogCommand) => void>;
};

/**
 * Every command of the program, in the order of its help. A run loads only the module of its own command, because all
 * of them together take a second. The help of the program needs the summaries alone.
 */
export const COMMAND_MODULES: readonly CommandModule[] = [
  {
    summaries: { license: "issue, find and change licenses" },
    load: async () => (await import("./commands/license.ts")).addLicenseCommands,
  },
  {
    summaries: { machine: "list, remove and bar the machines of a license" },
    load: async () => (await import("./commands/machine.ts")).addMachineCommands,
  },
  {
    summaries: {
      orders: "list payments, refunds and disputes; solve held orders",
      revenue: "sum up revenue by month and currency",
    },
    load: async () => (await import("./commands/money.ts")).addMoneyCommands,
  },
  {
    summaries: { release: "publish and withdraw versions of workers" },
    load: async () => (await import("./commands/release.ts")).addReleaseCommands,
  },
  {
    summaries: { publisher: "name the workflows that publish without a stored secret" },
    load: async () => (await import("./commands/publisher.ts")).addPublisherCommands,
  },
  {
    summaries: { plans: "prepare a Stripe account to sell the plans" },
    load: async () => (await import("./commands/plans.ts")).addPlansCommands,
  },
  {
    summaries: {
      events: "see payment events that failed, or follow every act",
      audit: "read the audit trail",
      stats: "count licenses, machines, releases and downloads",
      jobs: "see how the jobs of the cron fared",
      "dead-letters": "see messages that could not be worked off",
      republish: "publish every license and release to the edge again",
    },
    load: async () => (await import("./commands/operations.ts")).addOperationsCommands,
  },
  {
    summaries: { webhooks: "send events to systems of your own" },
    load: async () => (await import("./commands/webhooks.ts")).addWebhookCommands,
  },
  {
    summaries: { doctor: "check everything that must be so for this deployment" },
    load: async () => (await import("./commands/doctor.ts")).addDoctorCommand,
  },
  {
    summaries: { backup: "list, verify and restore the daily backups of the ledger" },
    load: async () => (await import("./commands/backup.ts")).addBackupCommands,
  },
  {
    summaries: { token: "create, list, renew and revoke admin tokens" },
    load: async () => (await import("./commands/token.ts")).addTokenCommands,
  },
  {
    summaries: { keys: "make and rotate the keys that sign licenses and releases" },
    load: async () => (await import("./commands/keys.ts")).addKeysCommands,
  },
  {
    summaries: {
      activate: "take a seat on a license for this machine",
      fingerprint: "print this machine's fingerprint",
      status: "show this machine's license",
      machines: "list the machines that hold a seat of the license",
      deactivate: "free this machine's seat, or that of another machine",
    },
    load: async () => (await import("./commands/hive.ts")).addHiveCommands,
  },
  {
    summaries: { install: "download, check and install the best worker for this machine, or a named one" },
    load: async () => (await import("./commands/install.ts")).addInstallCommand,
  },
  {
    summaries: { verify: "check installed workers, or any files, against the signed index" },
    load: async () => (await import("./commands/verify.ts")).addVerifyCommand,
  },
];
