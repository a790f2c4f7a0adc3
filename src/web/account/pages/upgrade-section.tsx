import type { License } from "../../../domain/licensing/license/record.ts";
import { refusalOfUpgrade } from "../../../domain/purchase/checkout/upgrade.ts";
import type { PlanOffer } from "../../../domain/purchase/prices.ts";
import type { UnixSeconds } from "../../../lib/time.ts";
import { type FC, PostForm, Section } from "../../page/kit.ts";
import { MachineChoice } from "../../shop/machine-choice.tsx";
import { TermsConsent } from "../../shop/terms-consent.tsx";
import { licensePath } from "../frame.tsx";

type Props = { license: License; offers: readonly PlanOffer[]; csrf: string; now: UnixSeconds };

/** The plans that a license can become, with its key and machines kept. Nothing if there is none. */
export const UpgradeSection: FC<Props> = ({ license, offers, csrf, now }) => {
  const possible = offers.filter(({ plan }) => refusalOfUpgrade(license, plan.id, now) === null);
  if (possible.length === 0) return null;
  const isPaying = license.subscription_state === "active" || license.subscription_state === "past_due";
  return (
    <Section title="Upgrade" lead="Your key and your machines stay the same." sided>
      <div>
        <p>
          You pay today, without another trial.
          {isPaying
            ? " Your subscription then ends, and its unused days become a credit on your billing account."
            : null}
        </p>
        <div class="cards">
          {possible.map((offer) => (
            <article class="plan">
              <h3>{offer.plan.name}</h3>
              <p>{offer.plan.description}</p>
              <PostForm action={`${licensePath(license.id)}/upgrade`} csrf={csrf}>
                <input type="hidden" name="plan" value={offer.plan.id} />
                <MachineChoice {...offer} value={valueFor(license, offer)} />
                <TermsConsent id={`terms-${offer.plan.id}`} />
                <button type="submit">
                  Upgrade<span class="unseen"> to {offer.plan.name}</span>
                </button>
              </PostForm>
            </article>
          ))}
        </div>
      </div>
    </Section>
  );
};

/** The smallest choice that covers the machines of the license. */
const valueFor = ({ machine_limit }: License, { plan, price }: PlanOffer): string => {
  const block = price?.machines ?? plan.machine_limit;
  return String(Math.max(1, Math.ceil(machine_limit / block)) * block);
};
