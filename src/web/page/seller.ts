import { env } from "cloudflare:workers";
import { once } from "../../lib/isolate.ts";
import { ConfigError, configOf } from "../../platform/config/config.ts";
import { legalPages, sellerOf } from "../../platform/config/seller.ts";
import type { FooterSeller } from "./footer.tsx";

const read = once((bindings: object): { seller: FooterSeller | null } => {
  try {
    const { name, address, vatNumber, support, ...seller } = sellerOf(configOf(bindings));
    return { seller: { name, address, vatNumber, supportEmail: support, pages: legalPages(seller) } };
  } catch (error) {
    if (error instanceof ConfigError) return { seller: null };
    throw error;
  }
});

/** The seller for the frame of every page, read once per isolate; null if the configuration is not valid. */
export const siteSeller = (): FooterSeller | null => read(env).seller;
