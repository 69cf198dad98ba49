import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type Ended, homeIn, runProgram, scratch, type Variables } from "../support/program.ts";

/** Somebody who looks after one BMC. */
export interface Operator {
  readonly env: Variables;
  /** Runs `bothy ipmi`. */
  readonly run: (...args: string[]) => Promise<Ended>;
  /** Runs it and wants it to end well, without a word on standard error. @returns what it printed */
  readonly told: (...args: string[]) => Promise<string>;
  /** The same with `--json`. */
  readonly json: <T>(...args: string[]) => Promise<T>;
}

/** Logs in by environment variables; `admin` with `admin-pass` unless `variables` say otherwise. */
export function operator(
  t: TestContext,
  { host, port }: { readonly host: string; readonly port: number },
  variables: Variables = {},
): Operator {
  const env = {
    ...homeIn(scratch(t)),
    BOTHY_IPMI_HOST: `${host}:${port}`,
    BOTHY_IPMI_USER: "admin",
    BOTHY_IPMI_PASSWORD: "admin-pass",
    ...variables,
  };
  const run = (...args: string[]): Promise<Ended> => runProgram(t, ["ipmi", ...args], env);
  const told = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await run(...args);
    assert.deepEqual([code, err], [0, ""], args.join(" "));
    return out;
  };
  return { env, run, told, json: async (...args) => JSON.parse(await told(...args, "--json")) as never };
}
