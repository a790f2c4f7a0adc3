/** The groups that operations are documented in, in the order of the reference page. A route's `tags` names one. */
export const TAGS = {
  Catalog: "Which workers there are, free and premium, and how to build them. No credential.",
  Releases: "Which versions of a worker can be downloaded. Premium ones need a license.",
  Delivery: "Signed links and the bytes behind them: resumable, checksummed, short-lived.",
  "Package managers":
    "Recipes for git and AUR helpers, packages for pacman, formulas for Homebrew, at the paths that they ask.",
  Licensing: "What a hive does with its license: take a seat, get a token, give the seat back, verify.",
  Purchase: "Plans, checkout and billing.",
  "Admin: licenses": "Issue, find, revoke, suspend, reinstate and extend licenses.",
  "Admin: releases": "Upload, publish, yank and block releases.",
  Admin: "Admin tokens, the audit trail and what an operator watches.",
  Pages: "For people: the storefront, the account and the admin console.",
  Service: "Health, keys and this description.",
} as const;

/** `security` of an operation that takes a license key or token, either way of sending it. */
export const LICENSE_SECURITY: Record<string, string[]>[] = [{ license_bearer: [] }, { license_basic: [] }];

/** How credentials are sent (OpenAPI 3.1, "Security Scheme Object"). Admin routes get theirs from `adminAccess`. */
export const SECURITY_SCHEMES = {
  license_bearer: {
    type: "http",
    scheme: "bearer",
    description: "`Authorization: Bearer` with a license key (`rbee_lic_...`) or a license token.",
  },
  license_basic: {
    type: "http",
    scheme: "basic",
    description: "The machine's fingerprint as user, a license key or token as password.",
  },
  admin_token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "rbee_adm_...",
    description: "An admin token with the scope that the operation names, or a session of Cloudflare Access.",
  },
} as const;
