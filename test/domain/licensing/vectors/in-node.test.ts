import { testLicensingVectors } from "./battery.ts";

testLicensingVectors();
