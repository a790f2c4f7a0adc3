import type { License } from "../../../domain/licensing/license/record.ts";
import { seatedMachines } from "../../../domain/licensing/license/seats.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { ButtonLink, Card, CardGrid, type FC, Meter, Notice, StatusBadge } from "../../page/kit.ts";
import { AccountEnd, accountPage, licensePath, type Visitor } from "../frame.tsx";
import type { StandingWords } from "../standing-words.tsx";
import { nextChargeText, priceText } from "./price.tsx";

type Listed = { license: License; words: StandingWords };

/** The list of a customer's licenses: first what needs doing, then each license with a link to its page. */
export const overviewPage = (listed: Listed[], visitor: Visitor, now: UnixSeconds): Promise<Response> =>
  accountPage({
    visitor,
    title: "Your licenses",
    wide: true,
    main: (
      <>
        <h1>Your licenses</h1>
        {listed.length === 0 ? <NoLicense /> : null}
        {listed.filter(needsOwner).map((one) => (
          <ToDo {...one} />
        ))}
        <CardGrid>
          {listed.map((one) => (
            <ListedLicense {...one} now={now} />
          ))}
        </CardGrid>
        <AccountEnd visitor={visitor} />
      </>
    ),
  });

/** Whether the owner can act on a license that is not in order. A healthy license may have a next step as well. */
const needsOwner = ({ words: { tone, todo } }: Listed): boolean => todo !== null && tone !== "good" && tone !== "plain";

const ToDo: FC<Listed> = ({ license, words }) => (
  <Notice tone={words.tone} title={`${planName(license.plan)}: ${words.label.toLowerCase()}`}>
    <p>{words.says}</p>
    <p>
      <ButtonLink href={licensePath(license.id)} tone="secondary">
        Open this license
      </ButtonLink>
    </p>
  </Notice>
);

const NoLicense: FC = () => (
  <>
    <p class="lead">This email has no license.</p>
    <p>
      <ButtonLink href="/plans">See the plans</ButtonLink>
    </p>
  </>
);

const ListedLicense: FC<Listed & { now: UnixSeconds }> = ({ license, words, now }) => (
  <Card
    href={licensePath(license.id)}
    title={planName(license.plan)}
    level={2}
    icon="key"
    badge={<StatusBadge tone={words.tone}>{words.label}</StatusBadge>}
  >
    <p>{needsOwner({ license, words }) ? null : words.says}</p>
    <p class="quiet">
      {priceText(license)}. {nextChargeText(license)}
    </p>
    <Meter label="Machines" value={seatedMachines(license, now).length} max={license.machine_limit} />
    <p class="quiet small">
      <code>{license.id}</code>
    </p>
  </Card>
);
