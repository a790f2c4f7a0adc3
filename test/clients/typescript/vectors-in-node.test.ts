import { testVectors } from "./vector-battery.ts";

testVectors();
