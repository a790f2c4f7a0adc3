import { createInterface } from "node:readline/promises";
import { type Place, placeOf } from "./options.ts";
import { Refused } from "./refusal.ts";
import type { Found } from "./resources.ts";

const QUESTION = `Where may Cloudflare keep the ledger and the files? This can never be changed.
  eu     in the European Union only (a jurisdiction; also: fedramp, us)
  weur   near Western Europe, as a hint (also: eeur, apac, oc, wnam, enam)
  any    wherever Cloudflare chooses
> `;

/**
 * The place for resources that are still to be made: the chosen one, that of the existing ones, or the answer to a
 * question at the terminal. Throws `Refused` if there is nobody to ask.
 */
export async function choosePlace(chosen: Place | undefined, { jurisdiction }: Found): Promise<Place> {
  if (chosen !== undefined) return chosen;
  if (jurisdiction !== undefined) return jurisdiction === null ? null : { jurisdiction };
  if (!process.stdin.isTTY) {
    throw new Refused(
      "Choose where Cloudflare keeps the ledger and the files, because that can never be changed: " +
        "--jurisdiction eu, a hint such as --location weur, or --location any. It is asked for the first deployment only.",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (;;) {
      const place = placeOf((await terminal.question(QUESTION)).trim().toLowerCase());
      if (place !== undefined) return place;
    }
  } finally {
    terminal.close();
  }
}
