import { combine } from "../../platform/http/route.ts";
import { accessPreviews } from "./access.ts";
import { licensePreviews } from "./license.ts";
import { orderPreview } from "./order.ts";
import { releasePreview } from "./release.ts";

/** The previews of irreversible acts, for `rbee-catalog` and other tools: the sentences that the console shows. */
export const previewRoutes = combine(licensePreviews, releasePreview, accessPreviews, orderPreview);
