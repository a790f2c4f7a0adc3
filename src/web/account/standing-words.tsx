import type { LicenseRow, Standing } from "../../domain/licensing/license/record.ts";
import {
  type Part,
  type StandingWords as Plain,
  standingFacts,
  standingInWords,
} from "../../domain/mail/standing-words.ts";
import type { UnixSeconds } from "../../lib/time.ts";
import type { Config } from "../../platform/config/config.ts";
import { type Child, Time } from "../page/kit.ts";

/** A license's standing for its owner, in the words of the mails, with links. */
export type StandingWords = Pick<Plain, "label" | "tone"> & { says: Child; todo: Child };

type Places = Pick<Config, "PURCHASE_URL" | "GRACE_DAYS" | "SUPPORT_EMAIL">;

/** A license's standing at `now` for the account's pages. `since`: the time it stopped being active, if known. */
export function standingOnPage(
  license: LicenseRow,
  standing: Standing,
  { since, wasTrial = false, now }: { since: UnixSeconds | null; wasTrial?: boolean; now: UnixSeconds },
  places: Places,
): StandingWords {
  const isGraceGiven = places.GRACE_DAYS > 0;
  const words = standingInWords({ ...standingFacts(license, standing, now), since, wasTrial, isGraceGiven });
  const shown = (sentences: readonly Part[]) => sentences.map((part) => <Shown part={part} places={places} />);
  return { ...words, says: shown(words.says), todo: words.todo && shown(words.todo) };
}

const Shown = ({ part, places }: { part: Part; places: Places }) => {
  if (typeof part === "string") return <>{part}</>;
  if ("day" in part) return <Time at={part.day} />;
  switch (part.to) {
    case "billing":
      return <a href="#billing">{part.text}</a>;
    case "plans":
      return <a href={places.PURCHASE_URL}>{part.text}</a>;
    case "support":
      return <a href={`mailto:${places.SUPPORT_EMAIL}`}>{part.text}</a>;
  }
};
