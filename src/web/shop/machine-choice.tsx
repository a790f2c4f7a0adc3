import { blocksUpTo } from "../../domain/purchase/machines.ts";
import { MOST_MACHINES } from "../../domain/purchase/offer.ts";
import { totalInWords } from "../../domain/purchase/price-words.ts";
import type { PlanOffer } from "../../domain/purchase/prices.ts";
import { type FC, SelectField } from "../page/kit.ts";

/**
 * The choice of a number of machines, each with its price. It offers whole blocks only: a number between two blocks
 * costs as much as the next block and gives less.
 */
export const MachineChoice: FC<PlanOffer & { value?: string | undefined; error?: string | undefined }> = ({
  plan,
  price,
  value,
  error,
}) => {
  const block = price?.machines ?? plan.machine_limit;
  return (
    <SelectField
      name="machines"
      id={`machines-${plan.id}`}
      label="Machines"
      value={value ?? String(block)}
      error={error}
      options={blocksUpTo(MOST_MACHINES, block).map((machines) => ({
        value: String(machines),
        text: price === null ? String(machines) : `${machines}: ${totalInWords(price, machines / block)}`,
      }))}
    />
  );
};
