/**
 * The acts that the audit trail can name, as `noun.verb`. The vendor's systems know each as the type of an event
 * (`typeOf`), so a name is never changed or removed. docs/events.md has an example of each.
 */
export const ACTIONS = [
  "license.buy",
  "license.issue",
  "license.revoke",
  "license.suspend",
  "license.reinstate",
  "license.extend",
  "license.amend",
  "license.rotate-key",
  "license.refund",
  "license.refunded",
  "license.cancel-subscription",
  "license.keep-subscription",
  "license.follow-payment",
  "license.lapse",
  "license.remind",
  "license.erase",
  "license.upgrade",
  "license.import",
  "license.exchange-key",
  "order.hold",
  "order.resolve",
  "machine.activate",
  "machine.deactivate",
  "machine.lease",
  "machine.bar",
  "machine.unbar",
  "machine.approve",
  "account.sign-in",
  "console.sign-in",
  "release.create",
  "release.delete",
  "release.publish",
  "release.yank",
  "release.unyank",
  "release.block",
  "release.unblock",
  "image-base.set",
  "release.provenance",
  "release.sign",
  "release.source",
  "artifact.create",
  "artifact.restart",
  "artifact.complete",
  "artifact.delete",
  "token.create",
  "token.renew",
  "token.keep",
  "token.revoke",
  "publisher.add",
  "publisher.remove",
  "publisher.exchange",
  "backup.read",
  "webhook.add",
  "webhook.change",
  "webhook.rotate-secret",
  "webhook.disable",
  "webhook.enable",
  "webhook.remove",
  "webhook.test",
  "webhook.replay",
  "event.dismiss",
  "event.retry",
  "mail.retry",
  "outbox.publish",
  "edge.republish",
  "dead-letter.retry",
  "dead-letter.dismiss",
] as const;

export type Action = (typeof ACTIONS)[number];

/**
 * The type of the event of an action, in the form of the Standard Webhooks specification: identifiers of letters,
 * digits and underscores with full stops between them. `license.follow-payment` becomes `license.follow_payment`.
 */
export const typeOf = (action: string): string => action.replaceAll("-", "_");

/** Whether the audit trail can name this act. */
export const isAction = (name: string): name is Action => ACTIONS.some((action) => action === name);
