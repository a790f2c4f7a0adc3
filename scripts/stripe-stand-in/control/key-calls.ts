import * as z from "zod";
import { newId } from "../state.ts";
import { type ControlCall, control } from "./call.ts";

/** The calls for the account's keys. */
export const keyCalls: ControlCall[] = [
  control(
    "POST keys",
    "Makes a restricted key that has only these permissions: a resource with `_read` or `_write`, as in Stripe's refusals.",
    z.strictObject({ permissions: z.array(z.string().regex(/^[a-z_]+_(read|write)$/)) }),
    { permissions: ["checkout_session_write", "plan_read"] },
    ({ state }, { permissions }) => {
      const key = newId("rk_test");
      state.restricted_keys[key] = permissions;
      return { key, permissions };
    },
  ),
];
