import type { CatalogCommand } from "./command.ts";

/** The groups of commands in the help, by the people who use them. */
export const AUDIENCES = {
  user: "Workers on this machine:",
  publisher: "Publishing:",
  admin: "Licenses and money:",
  operator: "Running a catalog:",
  shell: "Your shell:",
} as const;

/** A module of commands: its users, the summary of each command that it adds, by name, and how to load it. */
export type CommandModule = {
  audience: keyof typeof AUDIENCES;
  summaries: Readonly<Record<string, string>>;
  load: () => Promise<(program: CatalogCommand) => void>;
};

/**
 * Every command of the program, in the order of its help. A run loads only the module of its own command, because all
 * of them together take a second. The help of the program needs the summaries alone.
 */
export const COMMAND_MODULES: readonly CommandModule[] = [
  {
    audience: "user",
    summaries: { login: "activate this machine by a code that you approve in the browser" },
    load: async () => (await import("./commands/login.ts")).addLoginCommand,
  },
  {
    audience: "user",
    summaries: {
      activate: "activate this machine",
      status: "show this machine's license",
    },
    load: async () => (await import("./commands/hive.ts")).addActivationCommands,
  },
  {
    audience: "user",
    summaries: { search: "find workers in the catalog" },
    load: async () => (await import("./commands/workers.ts")).addSearchCommand,
  },
  {
    audience: "user",
    summaries: { install: "install the best worker for this machine, or a named one" },
    load: async () => (await import("./commands/install.ts")).addInstallCommand,
  },
  {
    audience: "user",
    summaries: {
      list: "list the installed workers, and their updates",
      upgrade: "update installed workers",
      uninstall: "remove installed workers",
    },
    load: async () => (await import("./commands/workers.ts")).addWorkerCommands,
  },
  {
    audience: "user",
    summaries: { verify: "check installed workers, or any files, against the signed index" },
    load: async () => (await import("./commands/verify.ts")).addVerifyCommand,
  },
  {
    audience: "user",
    summaries: {
      machines: "list the machines that use the license",
      deactivate: "free this machine's seat, or that of another machine",
      fingerprint: "print this machine's fingerprint",
    },
    load: async () => (await import("./commands/hive.ts")).addSeatCommands,
  },
  {
    audience: "publisher",
    summaries: { release: "publish and withdraw versions of workers" },
    load: async () => (await import("./commands/release.ts")).addReleaseCommands,
  },
  {
    audience: "publisher",
    summaries: { publisher: "let CI workflows publish without a stored secret" },
    load: async () => (await import("./commands/publisher.ts")).addPublisherCommands,
  },
  {
    audience: "admin",
    summaries: { license: "issue, find and change licenses" },
    load: async () => (await import("./commands/license.ts")).addLicenseCommands,
  },
  {
    audience: "admin",
    summaries: { machine: "list, remove and bar the machines of a license" },
    load: async () => (await import("./commands/machine.ts")).addMachineCommands,
  },
  {
    audience: "admin",
    summaries: {
      orders: "list payments, refunds and disputes; solve held orders",
      revenue: "sum up revenue by month and currency",
    },
    load: async () => (await import("./commands/money.ts")).addMoneyCommands,
  },
  {
    audience: "admin",
    summaries: {
      audit: "read the audit trail",
      stats: "count licenses, machines, releases and downloads",
    },
    load: async () => (await import("./commands/audit.ts")).addAuditCommands,
  },
  {
    audience: "operator",
    summaries: { doctor: "check this deployment, with a remedy for each fault" },
    load: async () => (await import("./commands/doctor.ts")).addDoctorCommand,
  },
  {
    audience: "operator",
    summaries: {
      events: "list payment events that failed, or follow every act",
      jobs: "list the scheduled jobs, and how they fared",
      "dead-letters": "list messages that failed for good; retry or drop one",
      republish: "publish every license and release to the edge again",
    },
    load: async () => (await import("./commands/operations.ts")).addOperationsCommands,
  },
  {
    audience: "operator",
    summaries: { webhooks: "send events to systems of your own" },
    load: async () => (await import("./commands/webhooks.ts")).addWebhookCommands,
  },
  {
    audience: "operator",
    summaries: { backup: "list, verify and restore the daily backups of the ledger" },
    load: async () => (await import("./commands/backup.ts")).addBackupCommands,
  },
  {
    audience: "operator",
    summaries: { container: "set the image that container images are made on" },
    load: async () => (await import("./commands/container.ts")).addContainerCommands,
  },
  {
    audience: "operator",
    summaries: { plans: "prepare a Stripe account to sell the plans" },
    load: async () => (await import("./commands/plans.ts")).addPlansCommands,
  },
  {
    audience: "operator",
    summaries: { token: "create, list, renew and revoke admin tokens" },
    load: async () => (await import("./commands/token.ts")).addTokenCommands,
  },
  {
    audience: "operator",
    summaries: { keys: "make and rotate the keys that sign licenses and releases" },
    load: async () => (await import("./commands/keys.ts")).addKeysCommands,
  },
  {
    audience: "shell",
    summaries: {
      completion: "print the completion for bash, zsh or fish",
      man: "print the manual page",
    },
    load: async () => (await import("./commands/shell.ts")).addShellCommands,
  },
];
