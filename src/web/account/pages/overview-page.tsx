import type { License } from "../../../domain/licensing/license/record.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type FC, StatusBadge } from "../../page/kit.ts";
import { licensePath } from "../license-path.ts";
import { seatedMachines } from "../seats.ts";
import type { StandingWords } from "../standing-words.tsx";
import { AccountEnd, accountPage } from "./account-page.tsx";

type Listed = { license: License; words: StandingWords };

/** Every license of an address, each with how it stands and the way to the rest. */
export const overviewPage = (listed: Listed[], csrf: string, now: UnixSeconds): Promise<Response> =>
  accountPage({
    csrf,
    title: "Your licenses",
    main: (
      <>
        <h1>Your licenses</h1>
        {listed.length === 0 ? <p class="empty">No license belongs to this mail address any more.</p> : null}
        {listed.map((one) => (
          <ListedLicense {...one} now={now} />
        ))}
        <AccountEnd csrf={csrf} />
      </>
    ),
  });

const ListedLicense: FC<Listed & { now: UnixSeconds }> = ({ license, words, now }) => (
  <article>
    <div class="row">
      <h2>
        <a href={licensePath(license.id)}>{planName(license.plan)}</a>
      </h2>
      <StatusBadge tone={words.tone}>{words.label}</StatusBadge>
    </div>
    <p>{words.says}</p>
    <p class="quiet">
      {seatedMachines(license, now).length} of {license.machine_limit} machines in use · <code>{license.id}</code>
    </p>
  </article>
);
