import { expect, it } from "vitest";
import { apiFile } from "../../../scripts/client-types/api-file.ts";
import { app } from "../../../src/app.ts";
import { apiDescription } from "../../../src/web/reference/description.ts";

it("clients/typescript: the types are those of the API's description (npm run client:types writes them)", async () => {
  const description = apiDescription(await app.whole(), "https://catalog.test");
  await expect(apiFile(description)).toMatchFileSnapshot("../../../clients/typescript/src/api.ts");
});
