import type { ProblemCode } from "../../../platform/http/problem.ts";

/** Why a problem happens, and what the caller does about it. Backticks mark code. */
export type ProblemHelp = { cause: string; remedy: string };

/** The help about every problem. The compiler demands an entry for each code. */
export const PROBLEM_HELP: Readonly<Record<ProblemCode, ProblemHelp>> = {
  MALFORMED_REQUEST: {
    cause: "The body isn't JSON, or `Content-Type` isn't `application/json`.",
    remedy: "Send valid JSON and set `Content-Type: application/json`.",
  },
  AUTHORIZATION_PENDING: {
    cause: "A machine asked for the license of its login, and nobody has approved the code in the browser yet.",
    remedy: "Ask again after `interval` seconds.",
  },
  SLOW_DOWN: {
    cause: "The machine asked again before `interval` seconds had passed.",
    remedy: "Wait five seconds longer between all further requests.",
  },
  ACCESS_DENIED: {
    cause: "The person declined the login in the browser.",
    remedy: "Run `rbee-catalog login` again if that was a mistake.",
  },
  DEVICE_CODE_EXPIRED: {
    cause: "The code is unknown, older than ten minutes or used, or the license key was replaced since the approval.",
    remedy: "Run `rbee-catalog login` again for a new code.",
  },
  CREDENTIAL_REQUIRED: {
    cause: "The operation needs a license key, license token or admin token, and the request has none.",
    remedy: "Send it as `Authorization: Bearer`. pacman and makepkg send it as the Basic password.",
  },
  KEY_INVALID: {
    cause: "The license key has a typo, lacks a part, or belongs to a license that no longer exists.",
    remedy: "Copy the whole key from your account or from the email that brought it.",
  },
  KEY_ROTATED: {
    cause: "The license has a newer key. The old key, and every token made with it, no longer works.",
    remedy: "Use the newest key: your account shows it. Activate each machine again with it.",
  },
  KEY_EXCHANGED: {
    cause: "The key came from another shop, and was exchanged for an rbee license key more than an hour ago.",
    remedy:
      "Use the new key, which begins with `rbee_lic_`. It is in the email to the license's owner, and in the account.",
  },
  KEY_REQUIRED: {
    cause: "A token alone can be renewed for 30 days after the license key was last sent. That time is over.",
    remedy: "Send the license key once to `POST /v1/licenses/token`. Watch `key_required_by` to do it in time.",
  },
  TOKEN_INVALID: {
    cause: "The token is altered, incomplete, made by another catalog, or of a license that no longer exists.",
    remedy: "Get a new token with the license key. For an admin token, ask an owner for a new one.",
  },
  TOKEN_EXPIRED: {
    cause: "The token's lifetime is over.",
    remedy: "Get a new token with the license key. Renew at `renew_after`, well before `expires_at`.",
  },
  OIDC_TOKEN_INVALID: {
    cause: "The workflow's OIDC token has another issuer or audience, a bad signature, or lacks a claim.",
    remedy: "Request it from GitHub with the audience `rbee-catalog`, in a job with `id-token: write`.",
  },
  OIDC_TOKEN_EXPIRED: {
    cause: "The workflow's OIDC token is older than its lifetime.",
    remedy: "Request a new token from GitHub right before each exchange.",
  },
  OIDC_TOKEN_REUSED: {
    cause: "This OIDC token has been exchanged before. Each one is accepted once, even if the answer was lost.",
    remedy: "Request a new token from GitHub for each exchange.",
  },
  HTTPS_REQUIRED: {
    cause: "The request came over plain http and carries a credential or changes something.",
    remedy: "Use `https://`. Replace the key or token that you sent: someone on the network may have read it.",
  },
  INSUFFICIENT_SCOPE: {
    cause: "The admin token lacks the scope that the operation names, or isn't for this worker.",
    remedy: "Use a token with that scope. An owner can create one: `rbee-catalog token create`.",
  },
  PUBLISHER_UNKNOWN: {
    cause: "No owner has added this repository as a trusted publisher, or the repository was re-created or moved.",
    remedy: "Ask an owner to run `rbee-catalog publisher add`, after removing a publisher that is out of date.",
  },
  PUBLISHER_FORK: {
    cause: "The run belongs to a fork. Only the repository that the owner added can publish.",
    remedy: "Run the workflow in the original repository.",
  },
  PUBLISHER_PULL_REQUEST: {
    cause: "The run belongs to a pull request, whose code nobody has accepted yet.",
    remedy: "Publish from a push, tag or release after the merge.",
  },
  PUBLISHER_EVENT: {
    cause: "People without write access to the repository can cause this event.",
    remedy: "Publish on `push`, `release`, `create`, `workflow_dispatch`, `repository_dispatch` or `schedule`.",
  },
  PUBLISHER_WORKFLOW: {
    cause: "The run is of another workflow file than the publisher's, or comes from a reusable workflow.",
    remedy: "Publish directly from the workflow that the owner named, or ask the owner to name this one.",
  },
  PUBLISHER_ENVIRONMENT: {
    cause: "The publisher requires an environment, and the job runs in another one or in none.",
    remedy: "Set `environment:` of the job to the one that the owner named.",
  },
  PUBLISHER_REF: {
    cause: "The run's branch or tag isn't among those that the publisher allows.",
    remedy: "Push a tag that matches, or ask an owner to allow this branch or tag.",
  },
  LICENSE_REVOKED: {
    cause: "The license was ended for good, for example after a refund or a chargeback.",
    remedy: "Buy a new license, or contact the seller if you think this is a mistake.",
  },
  LICENSE_SUSPENDED: {
    cause: "The license is on hold, for example during a payment dispute.",
    remedy: "Open your account: it says what is needed. The license works again once that is done.",
  },
  LICENSE_EXPIRED: {
    cause: "The paid period, the trial or the granted time is over.",
    remedy: "Renew in your account, or buy a license at `purchase_url`. The key stays the same after a renewal.",
  },
  MACHINE_REQUIRED: {
    cause: "A license key was sent without the machine's fingerprint, or the fingerprint isn't valid.",
    remedy: "Send it in `Rbee-Machine` or as the Basic user: 1 to 256 characters, no control characters.",
  },
  MACHINE_MISMATCH: {
    cause: "The token was issued to another machine, or the request names two different machines.",
    remedy: "Activate this machine with the license key, and use the token that it gets. Never copy tokens.",
  },
  MACHINE_DEACTIVATED: {
    cause: "The machine has no seat: it was never activated, or its seat was freed.",
    remedy: "Activate it with the license key. Older tokens of the machine stay refused.",
  },
  MACHINE_BARRED: {
    cause: "The seller has barred this machine from the license.",
    remedy: "Contact the seller. Other machines of the license still work.",
  },
  TRIAL_USED: {
    cause: "This machine was part of a free trial before, and the license is in its trial.",
    remedy: "Wait for the first payment, or end the trial now in your account. The first payment is then due today.",
  },
  NOT_ENTITLED: {
    cause: "The license doesn't include this worker.",
    remedy: "Choose a worker that your account lists, or buy a plan that includes it at `purchase_url`.",
  },
  VERSION_NOT_COVERED: {
    cause: "The version was published after the license's updates ended, or is outside its range of versions.",
    remedy: "Install `latest_covered_version`, or buy a license with updates at `purchase_url`.",
  },
  LINK_EXPIRED: {
    cause: "A download link works for minutes, and this one is over.",
    remedy: "Request a new link. A client that resumes sends `Range` to the new link.",
  },
  LINK_INVALID: {
    cause: "The link is incomplete or altered, was made by another catalog, or was used with another method than GET.",
    remedy: "Request a new link and copy all of it.",
  },
  FORM_REFUSED: {
    cause: "The form came from another site, from an outdated page, or after the session had ended.",
    remedy: "Open the page again, sign in if asked, and submit the form there.",
  },
  NOT_FOUND: {
    cause: "Nothing answers this method at this address.",
    remedy: "Check the address for typos. The API reference lists every operation.",
  },
  WORKER_NOT_FOUND: {
    cause: "The catalog has no worker with this id or variant.",
    remedy: "Take an id from `GET /v1/workers`.",
  },
  VERSION_NOT_FOUND: {
    cause: "The worker has no such published version, or no release at all yet.",
    remedy: "Take a version from `GET /v1/workers/{id}/versions`, or ask for `latest`.",
  },
  ARTIFACT_NOT_FOUND: {
    cause: "The version has no such file, or none for this platform.",
    remedy: "Take a filename or platform from the version's list of files.",
  },
  LICENSE_NOT_FOUND: {
    cause: "No license has this id, or the license was erased.",
    remedy: "Search for the license by email or id: `GET /v1/admin/licenses`.",
  },
  MACHINE_LIMIT_REACHED: {
    cause: "Every seat of the license is taken, or held by an offline lease that still runs.",
    remedy:
      'Free a machine in your account, add seats, or wait until `seat_free_at`. If `may_take_over` is true, activate with `take_over: "idle"`.',
  },
  CONFLICT: {
    cause: "The object's state doesn't allow this, or someone changed it at the same moment. `detail` says which.",
    remedy: "Read the object again, then decide. Retry as it is only if `detail` says so.",
  },
  RELEASE_BLOCKED: {
    cause: "The publisher has withdrawn this release, for example because of a security fault.",
    remedy: "Install another version. Remove this one where you still run it.",
  },
  PAYLOAD_TOO_LARGE: {
    cause: "The body is larger than the operation accepts, which is 64 KiB unless it says otherwise.",
    remedy: "Send less. Upload large files in parts.",
  },
  RANGE_NOT_SATISFIABLE: {
    cause: "`Range` begins at or after the end of the file, mostly because the file is already complete.",
    remedy: "Compare the local file's size and SHA-256. If they differ, delete it and download again.",
  },
  VALIDATION_FAILED: {
    cause: "At least one field, parameter or header isn't valid.",
    remedy: "Correct each fault that `errors` lists: its path and the reason.",
  },
  RATE_LIMITED: {
    cause: "Too many requests came from this address, credential or license in a short time.",
    remedy: "Wait `retry_after` seconds before you try again.",
  },
  INTERNAL_ERROR: {
    cause: "The service has a fault, and it was logged.",
    remedy: "Try again later. If it happens again, send `request_id` to support.",
  },
  SERVICE_UNAVAILABLE: {
    cause: "The service, or one that it depends on, is overloaded, down, or not configured.",
    remedy:
      "Wait `retry_after` seconds if the answer has it, else a minute, and try again. Installed workers keep running.",
  },
};
