import { afterEach, vi } from "vitest";
import { watchLog } from "./logged.ts";

watchLog();

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});
