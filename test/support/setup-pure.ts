import { watchLog } from "./logged.ts";

watchLog();
