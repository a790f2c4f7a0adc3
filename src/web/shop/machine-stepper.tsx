import { MOST_MACHINES } from "../../domain/purchase/offer.ts";
import { totalInWords } from "../../domain/purchase/price-words.ts";
import type { Price } from "../../domain/purchase/prices.ts";
import { decimalsOf, perInterval } from "../../lib/money.ts";
import { type FC, Field } from "../page/kit.ts";

/** The blocks of machines that an input pays for, at least one. Any text is an input. */
export function blocksOf(entered: string | undefined, block: number): number {
  const machines = Number(entered ?? block);
  return Number.isInteger(machines) && machines > 0 && machines <= MOST_MACHINES ? Math.ceil(machines / block) : 1;
}

type Props = { planId: string; block: number; value: string | undefined; error: string | undefined };

/**
 * The number of machines, in whole blocks. A number between two blocks costs as much as the next block and gives less.
 * The buttons that step need script; without it, the page shows the total of a number by a button of the form.
 */
export const MachineStepper: FC<Props> = ({ planId, block, value = String(block), error }) => (
  <div class="stepper" data-stepper>
    <Field
      name="machines"
      id={`machines-${planId}`}
      label="Machines"
      type="number"
      inputmode="numeric"
      min={String(block)}
      max={String(MOST_MACHINES)}
      step={String(block)}
      required
      value={value}
      hint={block === 1 ? `Up to ${MOST_MACHINES}.` : `In blocks of ${block}, up to ${MOST_MACHINES}.`}
      error={error}
    />
    <button type="button" class="secondary" data-step="-1" aria-label="Fewer machines" hidden>
      −
    </button>
    <button type="button" class="secondary" data-step="1" aria-label="More machines" hidden>
      +
    </button>
    <button
      type="submit"
      class="secondary"
      formaction={`/plans#${planId}`}
      formmethod="get"
      formnovalidate
      data-update-total
    >
      Update total
    </button>
  </div>
);

/** The cost of the chosen machines before tax. The script reads the unit amount from it and keeps it up to date. */
export const Total: FC<{ price: Price; blocks: number; planId: string }> = ({ price, blocks, planId }) => (
  <p class="total">
    Total{" "}
    <output
      for={`machines-${planId}`}
      data-unit={String(price.amount)}
      data-block={String(price.machines)}
      data-currency={price.currency.toUpperCase()}
      data-decimals={String(decimalsOf(price.currency))}
      data-after={perInterval(price.interval)}
    >
      {totalInWords(price, blocks)}
    </output>
  </p>
);
