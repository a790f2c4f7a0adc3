/**
 * Every check of `rbee-catalog doctor`, by its name. `meaning`: the fact that must hold. `remedy`: the operator's act
 * if it does not. Names are never changed, because monitoring selects findings by them. docs/doctor.md repeats the
 * table.
 */
export const CHECKS = {
  reachable: {
    meaning: "GET /health answers 200.",
    remedy: "Check --url, the DNS record and the route of the domain in wrangler.toml, then Cloudflare's status page.",
  },
  "admin-token": {
    meaning: "The service accepts the admin token, so that the checks inside the Worker can run.",
    remedy:
      "Set RBEE_ADMIN_TOKEN to a token of this deployment with the scope stats:read. `npx wrangler tail` shows the service's errors.",
  },
  configuration: {
    meaning: "Every variable and every secret has a valid form.",
    remedy:
      "Set the variable in wrangler.toml, or the secret with `npx wrangler secret put NAME`, and run `pnpm run deploy`.",
  },
  secret: {
    meaning: "Each secret is there if it is needed, random, without blanks, and unlike the other secrets.",
    remedy:
      "Set the secret again with `npx wrangler secret put NAME`. docs/operations.md (Going live) says how to make each.",
  },
  environment: {
    meaning: "The Worker runs as production at a public https address.",
    remedy: "Set ENVIRONMENT and PUBLIC_URL in wrangler.toml and run `pnpm run deploy`.",
  },
  address: {
    meaning: "The Worker is asked at its PUBLIC_URL, or at one of OTHER_ORIGINS.",
    remedy:
      "Ask the service at its PUBLIC_URL. Set `workers_dev = false` and `preview_urls = false`, so that no other address answers.",
  },
  store: {
    meaning: "Each D1 database, KV namespace and R2 bucket answers within three seconds.",
    remedy: "Look at Cloudflare's status page and at the binding in wrangler.toml, then run `pnpm run deploy`.",
  },
  ownership: {
    meaning: "Each store carries the mark of this deployment.",
    remedy:
      "Correct the binding's name in wrangler.toml. If the deployment itself was renamed, see docs/doctor.md (Marks).",
  },
  migrations: {
    meaning: "Each database has every migration of this version.",
    remedy: "Run `pnpm run deploy`, which applies the missing migrations first.",
  },
  size: {
    meaning: "Each database is below 70 % of D1's 10 GB. A full one refuses every write.",
    remedy:
      "See docs/operations.md (What to watch). Look for a job that no longer deletes old rows, and act before 10 GB.",
  },
  queue: {
    meaning: "Each queue answers and its messages do not wait.",
    remedy:
      "Check with `npx wrangler queues info NAME` that this Worker consumes the queue, then run `pnpm run deploy`.",
  },
  cron: {
    meaning: "The cron has run within the last three minutes.",
    remedy: "Check the cron trigger of the Worker in Cloudflare's dashboard, then `job.failed` in the log.",
  },
  job: {
    meaning: "The last run of each job succeeded.",
    remedy: "Read the job's last error on /admin/system and `job.failed` in the log; the queue retries by itself.",
  },
  "dead-letters": {
    meaning: "No message waits for a person because every attempt at it failed.",
    remedy: "Open /admin/system, fix the cause that the letter names, and retry or dismiss it.",
  },
  backlog: {
    meaning: "Changes, payment events and mails are worked off in time, and none needs a person.",
    remedy: "Open /admin/system: it lists each entry with its error and a button.",
  },
  backup: {
    meaning: "The last backup of the ledger is younger than 26 hours.",
    remedy: "Read the error of the job `backup` on /admin/system; docs/operations.md (Backup and restore) says more.",
  },
  "file-check": {
    meaning: "No check of an uploaded file stands still.",
    remedy: "Read the error of the job on /admin/system, and run `rbee-catalog release publish` again.",
  },
  "release-keys": {
    meaning: "Releases are signed, and keys/release-signing.pub has a key.",
    remedy: "Make a key with `npx rbee-catalog keys new --release`, commit keys/release-signing.pub, and deploy.",
  },
  "signed-names": {
    meaning: "Clients accept the signatures of published files: none was made for another file, worker or version.",
    remedy:
      "Ask the publisher, whom `rbee-catalog audit` names. If the file only had another name when it was signed, publish a new version. " +
      "Otherwise block the release and revoke the token that published it.",
  },
  "index-key": {
    meaning: "A release key vouches for INDEX_SIGNING_KEY.",
    remedy: "Make the secret again with `npx rbee-catalog keys new --index --sign-key FILE`, and set it.",
  },
  "package-keys": {
    meaning: "A release key vouches for each key of PACKAGE_SIGNING_KEYS, and the first one can sign.",
    remedy: "Make a key with `npx rbee-catalog keys new --packages --sign-key FILE`, and set the secret.",
  },
  "token-key": {
    meaning: "LICENSE_SIGNING_KEY signs, and the published key set verifies its signatures.",
    remedy: "Make the secret again with `npx rbee-catalog keys new`, and set it.",
  },
  owner: {
    meaning: "An owner can act: by a token in force, or by Cloudflare Access.",
    remedy:
      "Make a token with `npx rbee-catalog token create --name NAME --scope owner`, or the first one with `token bootstrap`.",
  },
  scopes: {
    meaning: "No token, and no address in ACCESS_SCOPES, keeps what a scope allowed before it was divided.",
    remedy:
      "Renew each token that /admin/tokens marks. Review ACCESS_SCOPES, then set ACCESS_SCOPES_VERSION to 2 in wrangler.toml and run `pnpm run deploy`.",
  },
  "admin-acts": {
    meaning: "No admin has done an act unusually often today.",
    remedy:
      "Ask the admin. If nobody knows why, revoke the token: docs/operations.md (When something leaks). The audit trail has each act.",
  },
  "mail-sender": {
    meaning: "Mail comes from a domain of this service, and the provider accepts it.",
    remedy: "Set MAIL_FROM to an address of an onboarded domain: `npx wrangler email sending enable DOMAIN`.",
  },
  seller: {
    meaning: "Pages and mails name the seller, and link to its terms and other documents.",
    remedy:
      "Set each variable that is named below [vars] in wrangler.toml and run `pnpm run deploy`: docs/purchases.md (The seller). " +
      "In live mode nothing is sold until then.",
  },
  "presigned-links": {
    meaning: "R2 accepts the links that this deployment signs.",
    remedy:
      "Make an R2 token with read access to the bucket, and set R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY, or set DELIVERY=worker.",
  },
  "stripe-key": {
    meaning: "Stripe accepts STRIPE_SECRET_KEY, and the key is a restricted one.",
    remedy: "Make a restricted key as docs/purchases.md says, and set STRIPE_SECRET_KEY.",
  },
  "stripe-permission": {
    meaning: "The restricted key has each permission that the service needs.",
    remedy: "Give the key this permission in Stripe's dashboard (Developers, API keys), or make a new key.",
  },
  "stripe-webhook": {
    meaning:
      "Stripe has an enabled webhook endpoint at this address, with every event and the API version of the code.",
    remedy: "Run `npx rbee-catalog plans sync`, and set the secret that it prints as STRIPE_WEBHOOK_SECRET.",
  },
  "stripe-portal": {
    meaning: "The billing portal has the configuration that this service needs.",
    remedy: "Run `npx rbee-catalog plans sync`.",
  },
  "stripe-price": {
    meaning: "Each plan on sale has an active price at Stripe.",
    remedy: "Run `npx rbee-catalog plans sync`.",
  },
  challenge: {
    meaning: "No challenge, block or error page of Cloudflare stands in front of hives, git, pacman and Stripe.",
    remedy:
      "Turn off Bot Fight Mode and Under Attack mode for the zone (Security, Settings), and exempt this host from custom rules that challenge.",
  },
  "https-redirect": {
    meaning: "Plain http is answered by a redirect to https, or not at all.",
    remedy: "Turn on Always Use HTTPS for the zone (SSL/TLS, Edge Certificates).",
  },
  certificate: {
    meaning: "Clients accept the host's certificate, for at least a week more.",
    remedy: "Look at the zone's edge certificates (SSL/TLS, Edge Certificates); Cloudflare renews its own.",
  },
  hsts: {
    meaning: "Answers carry Strict-Transport-Security for at least 180 days.",
    remedy: "Remove the zone's rule or HSTS setting that replaces the header (SSL/TLS, Edge Certificates).",
  },
  cache: {
    meaning: "No cache in front of the service stores answers that forbid it.",
    remedy: "Remove the cache rule (Caching, Cache Rules) that makes everything of this host eligible for the cache.",
  },
  document: {
    meaning: "The public documents that hives verify with are served.",
    remedy: "Look for `request.failed` in the log, and at the checks of keys in this report.",
  },
  clock: {
    meaning: "The clocks of this machine and of the service differ by at most 10 seconds.",
    remedy:
      "Set this machine's clock by NTP. A machine that is wrong by more than a minute refuses valid license tokens.",
  },
  "workers-dev": {
    meaning: "The Worker's address below workers.dev does not answer.",
    remedy: "Set `workers_dev = false` in wrangler.toml and run `pnpm run deploy`.",
  },
  "mail-dns": {
    meaning: "The sending domain has the DNS records that Cloudflare's Email Sending needs.",
    remedy: "`npx wrangler email sending dns get DOMAIN` lists the records to set at the domain's DNS.",
  },
} as const satisfies Record<string, { meaning: string; remedy: string }>;

/** The name of a check. */
export type CheckName = keyof typeof CHECKS;

/** The names of all checks, in the order of a report. */
export const CHECK_NAMES = Object.keys(CHECKS) as [CheckName, ...CheckName[]];
