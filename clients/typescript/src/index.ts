export type {
  Activation,
  Download,
  HiveMachine,
  License,
  LicenseToken,
  Machine,
  Operations,
  Other,
  Plan,
  ProblemCode,
  Resolution,
  ResolveRequest,
  VersionListing,
  Worker,
} from "./api.ts";
export { OPERATIONS, PROBLEM_CODES } from "./api.ts";
export { Catalog, type CatalogOptions } from "./catalog.ts";
export type { Time, UnixSeconds } from "./clock.ts";
export { coverageOf, type Grant, grantsWorker, type WantedVersion } from "./coverage.ts";
export { type Credential, cleanCredential, kindOf, readCredential } from "./credential.ts";
export { type Downloaded, type DownloadRequest, download } from "./download.ts";
export { CatalogError, CLIENT_CODES, type ClientCode, codeOf, type ErrorCode, type ProblemFacts } from "./error.ts";
export { checkFile, type FileFault, type PublishedFile } from "./file-signature.ts";
export { fingerprintOfMachineId, hashFingerprint, isFingerprint } from "./fingerprint.ts";
export { type Digest, digestOfText, type FileDigest, RunningDigest } from "./hashes.ts";
export {
  HiveLicense,
  type HiveLicenseOptions,
  type LicenseVerdict,
  type Seat,
  type SeatStore,
} from "./hive-license.ts";
export { type KeySet, readKeySet } from "./key-set.ts";
export { type PublicKey, readPublicKeys, showKeyId } from "./minisign.ts";
export {
  checkIndex,
  type IndexedFile,
  type IndexedVersion,
  type IndexFault,
  mayPass,
  NOTHING_SEEN,
  type ReleaseIndex,
  type SeenIndex,
  type SignedIndex,
} from "./release-index.ts";
export type { Result } from "./result.ts";
export { memorySink, type Sink } from "./sink.ts";
export { readStatusList, type StatusList, type StatusListFault, statusAt, type TokenStatus } from "./status-list.ts";
export { type LicenseClaims, type TokenCheck, type TokenRefusal, type TokenVerdict, verifyToken } from "./token.ts";
export type { TransportOptions } from "./transport.ts";
