import { combine } from "../../platform/http/route.ts";
import { licensePreviews } from "./license.ts";
import { releasePreview } from "./release.ts";

/** The previews of irreversible acts, for `rbee-catalog` and other tools: the sentences that the console shows. */
export const previewRoutes = combine(licensePreviews, releasePreview);
