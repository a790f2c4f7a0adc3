/** The operations that the TypeScript client calls. `npm run client:types` makes their types. */
export const CLIENT_OPERATIONS = [
  "searchWorkers",
  "getWorker",
  "listVersions",
  "getDownloadLink",
  "resolveWorker",
  "activateMachine",
  "issueToken",
  "deactivateMachine",
  "getOwnLicense",
  "verifyToken",
  "getTokenSigningKeys",
  "listPlans",
] as const;

export type ClientOperation = (typeof CLIENT_OPERATIONS)[number];

/** Whether the TypeScript client calls the operation with this id. */
export const isClientOperation = (id: string): id is ClientOperation => CLIENT_OPERATIONS.some((one) => one === id);
