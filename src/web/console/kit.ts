/** The one door for the files of the console's parts: pages, and acts with their forms, actor and `settle`. */
export { combine, Problem, z } from "../../platform/http/route.ts";
export { brake } from "../../platform/identity/act-volume.ts";
export { adminActor } from "../../platform/identity/authentication.ts";
export { settle } from "../../platform/storage/settle.ts";
export { Acts, DoneNotice, DoneQuery, goTo, resultPage } from "./act/done.tsx";
export * from "./act/fields.tsx";
export { actRoutes, BRAKED, Confirmed } from "./act/two-step-act.tsx";
export * from "./frame.tsx";
