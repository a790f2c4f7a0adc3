import { describe, expect, it } from "vitest";
import { readOptions } from "../../../scripts/deploy/options.ts";

describe("the options of a deployment", () => {
  it("are those of its command line, with two dashes before them or without", () => {
    const options = { environment: "staging", place: { jurisdiction: "eu" }, isChecked: true };
    expect(readOptions(["--", "--env", "staging", "--jurisdiction", "eu", "--checked"], {})).toMatchObject(options);
    expect(readOptions(["--env=staging", "--jurisdiction=eu", "--checked"], {})).toMatchObject(options);
  });

  // `npm run deploy --env=staging` gives the script no argument, and would deploy production.
  it.each(["env", "config"])("are refused when npm keeps --%s for itself", (name) => {
    expect(() => readOptions([], { [`npm_config_${name}`]: "staging" })).toThrow(
      `npm keeps --${name} for itself. Put two dashes before the options: npm run deploy -- --${name} ...`,
    );
  });
});
