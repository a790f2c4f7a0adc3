import buyingAndActivating from "../../../docs/guides/buying-and-activating.md";
import fiveMinutes from "../../../docs/guides/five-minutes.md";
import integratingAHive from "../../../docs/guides/integrating-a-hive.md";
import movingIn from "../../../docs/guides/moving-in.md";
import offlineMachines from "../../../docs/guides/offline-machines.md";
import publishingFromCi from "../../../docs/guides/publishing-from-ci.md";
import runningYourOwn from "../../../docs/guides/running-your-own.md";
import type { GuideSlug } from "./guides.ts";

/** The Markdown of each guide. */
export const GUIDE_TEXTS: Readonly<Record<GuideSlug, string>> = {
  "five-minutes": fiveMinutes,
  "buying-and-activating": buyingAndActivating,
  "offline-machines": offlineMachines,
  "integrating-a-hive": integratingAHive,
  "publishing-from-ci": publishingFromCi,
  "moving-in": movingIn,
  "running-your-own": runningYourOwn,
};
