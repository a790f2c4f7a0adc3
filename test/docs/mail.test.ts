import { expect, it } from "vitest";
import guide from "../../docs/mail.md?raw";
import { MAIL_KINDS, topicOf } from "../../src/platform/storage/mail-outbox.ts";

/** The kinds of each row of the table, with the topic that turns them off. */
const rows = [...guide.matchAll(/^\| ((?:`[a-z_]+`(?:, )?)+) \| [^|]+ \| (?:`([a-z]+)` )?\|$/gm)].flatMap(
  ([, kinds = "", topic = null]) => [...kinds.matchAll(/`([a-z_]+)`/g)].map(([, kind]) => [kind, topic]),
);

it("docs/mail.md lists every kind of mail, and the topic that turns it off", () => {
  expect(rows.sort()).toEqual(MAIL_KINDS.map((kind) => [kind, topicOf(kind)]).sort());
});
