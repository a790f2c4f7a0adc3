/** The one door for acts: their routes, the fields of their forms, the notice of the result, the actor and `settle`. */
export { adminActor } from "../../../platform/identity/authentication.ts";
export { settle } from "../../../platform/storage/settle.ts";
export { ActLink, DoneNotice, DoneQuery, donePath, EdgeNotice } from "./done.tsx";
export * from "./fields.tsx";
export { actRoutes } from "./routes.ts";
