/** The one door to two-step acts: their routes, fields of their forms, and notices of what was done. */
export { ActLink, DoneNotice, DoneQuery, donePath, EdgeNotice } from "./done.tsx";
export {
  entered,
  type FieldErrors,
  LastDay,
  LastDayToCome,
  lastDayField,
  ONLY_REASON,
  Reason,
  reasonField,
  type SentForm,
  sentForm,
} from "./fields.tsx";
export { actRoutes } from "./routes.ts";
export type { ReasonAct, TwoStepAct } from "./two-step-act.tsx";
