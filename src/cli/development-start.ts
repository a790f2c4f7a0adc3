import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { readTextIfThere } from "./text-file.ts";

/** What `npm start` leaves for scripts: where it serves, and credentials that work there. */
const DevelopmentStart = z.object({
  url: z.url(),
  admin_token: z.string(),
  license_key: z.string(),
  /** The control surface of the local stand-in for Stripe, if that is what the server sells through. */
  stripe_control_url: z.url().optional(),
});

export type DevelopmentStart = z.infer<typeof DevelopmentStart>;

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));

/** The folder of this checkout's development server: `.dev`, or what `DEV_DIR` names. */
export const developmentFolder = (devDir: string | undefined): string =>
  devDir ? resolve(devDir) : join(CHECKOUT, ".dev");

/** What the development server of `DEV_DIR` (unset: of this checkout) has left, or null if there is none. */
export async function readDevelopmentStart(devDir: string | undefined): Promise<DevelopmentStart | null> {
  const text = await readTextIfThere(join(developmentFolder(devDir), "start.json"));
  if (text === null) return null;
  try {
    return DevelopmentStart.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
