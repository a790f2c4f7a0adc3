import { expect, it } from "vitest";
import guide from "../../docs/operations.md?raw";

const sources = import.meta.glob<string>("../../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

it("docs/operations.md says of every event in the log what to do about it", () => {
  const events = new Set(
    Object.values(sources).flatMap((text) =>
      [...text.matchAll(/log(?:Event|Failure)\(\s*"([a-z._]+)"|"(mail\.[a-z_]+)"/g)].map(
        ([, event, mail]) => event ?? mail,
      ),
    ),
  );
  events.delete("mail.retry");
  expect(events.size).toBeGreaterThan(15);
  for (const event of events) expect(guide).toContain(`\`${event}\``);
});
