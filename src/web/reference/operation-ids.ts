import { ADMIN_OPERATION_IDS } from "./admin-operation-ids.ts";

import { CONSOLE_OPERATION_IDS } from "./console-operation-ids.ts";

/**
 * The `operationId` of every operation, by its method and path. Generators of clients make functions of these names, so
 * a name is never changed. `...Page` and `...ByForm` are for browsers.
 */
export const OPERATION_IDS: Readonly<Record<string, string>> = {
  ...ADMIN_OPERATION_IDS,
  ...CONSOLE_OPERATION_IDS,
  "get /health": "getHealth",
  "get /health/ready": "getReadiness",
  "get /": "showWorkersPage",
  "get /w/{id}": "showWorkerPage",
  "get /install": "showInstallPage",
  "get /guides": "showGuidesPage",
  "get /guides/{slug}": "showGuidePage",
  "get /robots.txt": "getRobotsFile",
  "get /sitemap.xml": "getSitemap",

  "get /workers": "listCatalogEntries",
  "get /workers/{id}": "getCatalogEntry",
  "get /workers/{id}/PKGBUILD": "getPkgbuild",
  "get /workers/{id}/.SRCINFO": "getSrcinfo",
  "get /v2/workers": "listFamilies",
  "get /v2/workers/{id}": "getFamily",
  "get /pkgbuilds/arch/{file}": "getRecipeFile",
  "get /pkgbuilds/{file}": "getFormerRecipeFile",
  "get /pkgbuilds/homebrew/{file}": "getFormulaFile",
  "get /v1/workers": "searchWorkers",
  "get /v1/workers/{id}": "getWorker",
  "get /v1/workers/{id}/stats": "getWorkerStats",
  "get /v1/stats/overview": "getStatsOverview",
  "post /v1/workers/resolve": "resolveWorker",
  "get /v1/workers/{id}/versions": "listVersions",
  "get /v1/workers/{id}/index.json": "getReleaseIndex",
  "get /v1/workers/{id}/index.json.minisig": "getReleaseIndexSignature",
  "get /v1/workers/{id}/{version}/provenance": "getProvenance",
  "get /v1/workers/{id}/{version}/download": "getDownloadLink",
  "get /v1/workers/{id}/{version}/files/{filename}": "downloadFile",
  "get /dl/free/{worker}/{version}/{sha256}/{filename}": "downloadFreeBinary",
  "get /dl/{opaque}": "downloadByLink",
  "get /dl/{opaque}/minisig": "downloadMinisignSignatureByLink",
  "get /dl/{opaque}/sig": "downloadOpenpgpSignatureByLink",
  "get /keys/index-signing.pub": "getIndexSigningKey",
  "get /keys/index-signing.pub.minisig": "getIndexSigningKeySignature",
  "get /keys/release-signing.pub": "getReleaseSigningKeys",

  "get /.well-known/jwks.json": "getTokenSigningKeys",
  "get /v1/licenses/status/{n}": "getTokenStatusList",
  "post /v1/licenses/activate": "activateMachine",
  "post /v1/licenses/deactivate": "deactivateMachine",
  "post /v1/licenses/end-trial": "endTrial",
  "post /v1/licenses/token": "issueToken",
  "get /v1/licenses/me": "getOwnLicense",
  "post /v1/licenses/verify": "verifyToken",
  "post /v1/licenses/recover": "requestRecoveryLink",

  "get /v1/plans": "listPlans",
  "post /v1/checkout": "beginCheckout",
  "get /v1/checkout/{session_id}": "getCheckout",
  "post /v1/stripe/webhook": "receiveStripeEvent",
  "post /v1/billing-portal": "openBillingPortal",
  "get /plans": "showPlansPage",
  "post /checkout": "beginCheckoutByForm",
  "get /checkout/success": "showCheckoutPage",
  "get /checkout/cancelled": "showCanceledCheckoutPage",

  "get /account": "showAccountPage",
  "get /account/sign-in": "showAccountSignInPage",
  "post /account/sign-in": "signInToAccountByForm",
  "post /account/sign-in/link": "requestRecoveryLinkByForm",
  "post /account/sign-out": "signOutOfAccountByForm",
  "get /recover": "showRecoveryPage",
  "get /recover/{token}": "showRecoveryLinkPage",
  "post /recover/{token}": "useRecoveryLinkByForm",
  "get /emails/{token}": "showEmailPreferencePage",
  "post /emails/{token}": "chooseEmailsByLink",
  "get /account/emails": "showOwnEmailsPage",
  "post /account/emails": "chooseOwnEmailsByForm",
  "get /account/licenses/{id}": "showOwnLicensePage",
  "post /account/licenses/{id}/billing": "openBillingPortalByForm",
  "post /account/licenses/{id}/key": "showOwnKeyByForm",
  "get /account/licenses/{id}/end-trial": "showEndTrialPage",
  "post /account/licenses/{id}/end-trial": "endOwnTrialByForm",
  "post /account/licenses/{id}/upgrade": "upgradeOwnLicenseByForm",
  "get /account/licenses/{id}/rotate-key": "showRotateOwnKeyPage",
  "post /account/licenses/{id}/rotate-key": "rotateOwnKeyByForm",
  "post /account/licenses/{id}/machines/{machine_id}/free": "freeOwnMachineByForm",
  "post /account/licenses/{id}/lease": "downloadOwnLeaseByForm",
  "get /account/erase": "showEraseOwnDataPage",
  "post /account/erase": "eraseOwnDataByForm",
  "post /account/erase/link": "requestErasureLinkByForm",
  "get /page/style.css": "getPageStyle",
  "get /page/script.js": "getPageScript",
  "get /page/icon.svg": "getPageIcon",

  "delete /v1/licenses/machines/{machine_id}": "freeMachine",
  "post /v1/trusted-publishing/token": "exchangeWorkflowToken",

  "get /install.sh": "getInstallScript",
  "get /install.md": "getInstallGuide",
  "get /{repository}/info/refs": "getGitRefs",
  "post /{repository}/git-upload-pack": "requestGitPack",
  "get /{repository}/HEAD": "getGitHead",
  "get /{repository}": "showRepositoryPage",
  "get /{repository}/objects/info/packs": "listGitPacks",
  "get /{repository}/objects/pack/{file}": "downloadGitPack",
  "get /arch/{repository}/os/{arch}": "showPacmanRepositoryPage",
  "get /arch/{repository}/os/{arch}/{file}": "downloadPacmanFile",
  "get /rpc": "queryAur",
  "post /rpc": "queryAurByForm",
  "get /rpc/v5/{type}": "queryAurByType",
  "post /rpc/v5/{type}": "queryAurByTypeAndForm",
  "get /rpc/v5/{type}/{arg}": "queryAurByTypeAndArgument",
  "get /packages.gz": "listAurPackages",
  "get /pkgbase.gz": "listAurPackageBases",
  "get /packages-meta-v1.json.gz": "listAurMetadata",
  "get /packages-meta-ext-v1.json.gz": "listAurExtendedMetadata",
  "get /users.gz": "listAurUsers",
  "get /packages.gz.sha256": "getAurPackageListChecksum",
  "get /pkgbase.gz.sha256": "getAurPackageBaseListChecksum",
  "get /packages-meta-v1.json.gz.sha256": "getAurMetadataChecksum",
  "get /packages-meta-ext-v1.json.gz.sha256": "getAurExtendedMetadataChecksum",
  "get /users.gz.sha256": "getAurUserListChecksum",
  "get /cgit/aur.git/plain/{file}": "getAurFile",
  "get /cgit/aur.git/snapshot/{archive}": "downloadAurSnapshot",
  "get /packages": "showAurSearchPage",
  "get /packages/{name}": "showAurPackagePage",
  "get /pkgbase/{name}": "showAurPackageBasePage",
  "get /cgit/aur.git": "showCgitPage",
  "get /cgit/aur.git/{view}": "showCgitViewPage",
  "get /cgit/aur.git/{view}/{file}": "showCgitFilePage",
  "get /homebrew/Formula/{file}": "getHomebrewFormula",

  "get /openapi.json": "getApiDescription",
  "get /docs": "showReferencePage",
  "get /docs/style.css": "getReferenceStyle",
};

/** The name of an operation that the table does not have, as of a format that is not ours: made of method and path. */
const derivedId = (method: string, path: string): string =>
  method +
  path
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");

/** The `operationId` of the operation with this method (lower case) and path. */
export const operationIdOf = (method: string, path: string): string =>
  OPERATION_IDS[`${method} ${path}`] ?? derivedId(method, path);
