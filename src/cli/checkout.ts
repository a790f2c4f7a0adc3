import { fileURLToPath } from "node:url";

/** The folder of the checkout that this command runs from. The bundled command runs from none: there it is null. */
export const CHECKOUT: string | null = fileURLToPath(new URL("../../", import.meta.url));
