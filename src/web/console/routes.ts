import { combine } from "../../platform/http/route.ts";
import { auditFile, auditList } from "./audit/page.tsx";
import { home } from "./dashboard/page.tsx";
import { licenseAct } from "./license/act.tsx";
import { licenseAmend } from "./license/amend.tsx";
import { machineBar, machineUnbar } from "./license/bar.tsx";
import { licenseBulk } from "./license/bulk/routes.tsx";
import { licenseErase, licenseRefund } from "./license/ending.tsx";
import { licenseIssue } from "./license/issue.tsx";
import { licenseList, licenseSearch } from "./license/list.tsx";
import { machineRemove } from "./license/machines.tsx";
import { licenseRead } from "./license/page.tsx";
import { orderFile, orderList } from "./money/orders.tsx";
import { orderLicense, orderPlan, orderRefund } from "./money/resolve.tsx";
import { revenueFile, revenueRead } from "./money/revenue.tsx";
import { publisherAdd, publisherRemove } from "./publisher/acts.tsx";
import { publisherList } from "./publisher/list.tsx";
import { draftDelete, releaseAct, releaseUnblock } from "./release/act.tsx";
import { releaseList } from "./release/list.tsx";
import { releaseRead } from "./release/page.tsx";
import { search } from "./search/page.tsx";
import { signIn, signOut } from "./sign-in.tsx";
import { systemDismiss, systemRepublish, systemRetry } from "./system/acts.ts";
import { doctorRead } from "./system/doctor.tsx";
import { systemRead } from "./system/page.tsx";
import { tokenCreate } from "./token/acts.tsx";
import { tokenKeep, tokenRenew, tokenRevoke } from "./token/life.tsx";
import { tokenList } from "./token/list.tsx";
import { webhookDisable, webhookEnable, webhookRemove, webhookReplay } from "./webhook/acts.tsx";
import { webhookAdd, webhookChange, webhookRotate } from "./webhook/form.tsx";
import { webhookList } from "./webhook/list.tsx";
import { webhookButtons, webhookRead } from "./webhook/page.tsx";

/** The admin console: pages under `/admin`. */
export const consoleRoutes = combine(
  signIn,
  signOut,
  home,
  search,
  orderList,
  orderFile,
  orderPlan,
  orderLicense,
  orderRefund,
  revenueRead,
  revenueFile,
  licenseList,
  licenseSearch,
  // Before the license's own page, because `{id}` would match `new`.
  licenseIssue,
  // Before the acts on one license, because `{id}` would match `bulk`.
  licenseBulk,
  licenseRead,
  licenseAct,
  machineRemove,
  licenseAmend,
  machineBar,
  machineUnbar,
  licenseRefund,
  licenseErase,
  releaseList,
  releaseRead,
  releaseAct,
  draftDelete,
  releaseUnblock,
  auditList,
  auditFile,
  tokenList,
  tokenCreate,
  tokenRenew,
  tokenKeep,
  tokenRevoke,
  publisherList,
  publisherAdd,
  publisherRemove,
  webhookList,
  // Before the endpoint's own page, because `{id}` would match `new`.
  webhookAdd,
  webhookRead,
  webhookButtons,
  webhookChange,
  webhookRotate,
  webhookDisable,
  webhookEnable,
  webhookReplay,
  webhookRemove,
  systemRead,
  doctorRead,
  systemDismiss,
  systemRepublish,
  systemRetry,
);
