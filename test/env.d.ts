import type { D1Migration } from "@cloudflare/vitest-plugin";

/** Secrets that only a shop has, and so are not in wrangler.toml's `required`. */
type ShopSecrets = {
  STRIPE_SECRET_KEY?: string;
  STRIPE_WEBHOOK_SECRET?: string;
  STRIPE_WEBHOOK_SECRET_PREVIOUS?: string;
  STRIPE_API_BASE?: string;
};

declare global {
  interface Env extends ShopSecrets {}
  namespace Cloudflare {
    interface Env extends ShopSecrets {
      TEST_MIGRATIONS: D1Migration[];
      TEST_STATISTICS_MIGRATIONS: D1Migration[];
    }
    interface GlobalProps {
      mainModule: typeof import("../src/index.ts");
    }
  }
}
