import { afterAll } from "vitest";
import { removeWorkDirectories } from "./ordinary-user.ts";

afterAll(removeWorkDirectories);
