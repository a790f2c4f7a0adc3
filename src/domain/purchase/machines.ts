import type Stripe from "stripe";

/** The number of machines that one unit of a price covers. 1 for a price for each machine. */
export const blockOf = ({ transform_quantity }: Pick<Stripe.Price, "transform_quantity">): number =>
  transform_quantity?.divide_by ?? 1;

/**
 * The machines that are paid for with a quantity of a price whose unit covers `block` machines: the quantity, rounded
 * up to whole blocks. 6 machines cost as much as 10, so they are 10 in a checkout, a license and the portal.
 */
export const machinesPaidFor = (quantity: number, block: number): number => Math.ceil(quantity / block) * block;

/** The numbers of machines that a control offers: whole blocks, up to `most`. */
export const blocksUpTo = (most: number, block: number): number[] =>
  Array.from({ length: Math.floor(most / block) }, (_, index) => (index + 1) * block);
