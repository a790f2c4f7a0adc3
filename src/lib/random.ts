/** A random whole number from `least` to `most`, both included. It spreads load; never use it for a secret. */
export const randomBetween = (least: number, most: number, random: number = Math.random()): number =>
  least + Math.floor(random * (most - least + 1));
