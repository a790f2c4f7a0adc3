import { type License, standingOf } from "../../../domain/licensing/license/record.ts";
import { seatedMachines } from "../../../domain/licensing/license/seats.ts";
import { planName } from "../../../domain/licensing/plans.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { ButtonLink, Card, CardGrid, type FC, Meter, Notice, StatusBadge, Time } from "../../page/kit.ts";
import { AccountEnd, accountPage, licensePath, type Visitor } from "../frame.tsx";
import type { StandingWords } from "../standing-words.tsx";
import { nextCharge, priceText } from "./price.ts";

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
        {listed
          .filter((one) => needsOwner(one, now))
          .map((one) => (
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

/** Whether the owner can set a license right: a payment is due, or it is on hold. A license that has ended can wait. */
const needsOwner = ({ license, words: { tone, todo } }: Listed, now: UnixSeconds): boolean =>
  todo !== null && (tone === "careful" || standingOf(license, now).status === "suspended");

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

const NextChargeLine: FC<{ license: License }> = ({ license }) => {
  const next = nextCharge(license);
  if (next === null) return null;
  return next.at === null ? (
    <>. Nothing more will be charged</>
  ) : (
    <>
      . Next: {next.amount} on <Time at={next.at} />
    </>
  );
};

const ListedLicense: FC<Listed & { now: UnixSeconds }> = ({ license, words, now }) => (
  <Card
    href={licensePath(license.id)}
    title={planName(license.plan)}
    level={2}
    icon="key"
    badge={<StatusBadge tone={words.tone}>{words.label}</StatusBadge>}
  >
    {needsOwner({ license, words }, now) ? null : <p>{words.says}</p>}
    <p class="quiet">
      {priceText(license)}
      <NextChargeLine license={license} />
    </p>
    <Meter label="Machines" value={seatedMachines(license, now).length} max={license.machine_limit} />
    <p class="quiet small">
      <code>{license.id}</code>
    </p>
  </Card>
);
