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

let own: object | null = null;

/**
 * Notes the Worker's bindings for `siteSeller`. They are the same for every request of an isolate. No import of
 * `cloudflare:workers`, because the API's description is also made in Node, from modules that import pages.
 */
export function noteBindings(bindings: object): void {
  own = bindings;
}

/** The seller for the frame of every page; null if the configuration is not valid. */
export const siteSeller = (): FooterSeller | null => (own === null ? null : read(own).seller);
