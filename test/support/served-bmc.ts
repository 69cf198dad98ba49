import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { type BmcOptions, createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { serveBmcs } from "../../simulators/ipmi/serve.ts";

/** What a program said, and how it ended. */
export interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

export interface ServedBmc {
  readonly bmc: SimulatedBmc;
  readonly host: string;
  readonly port: number;
  /** Runs `ipmitool` as administrator with suite 3, unless `login` says otherwise. */
  ipmitool(args: readonly string[], login?: readonly string[]): Promise<Said>;
  /** Runs one of FreeIPMI's tools as administrator with suite 3, unless `login` says otherwise. */
  freeipmi(tool: string, args: readonly string[], login?: readonly string[]): Promise<Said>;
}

/** Runs a program to its end, without stopping this process meanwhile. */
export const runProgram = (program: string, args: readonly string[], home?: string): Promise<Said> =>
  new Promise((resolve, reject) => {
    const path = `${process.env["PATH"] ?? ""}:/usr/sbin`;
    const env = {
      ...process.env,
      PATH: path,
      TZ: "UTC",
      LC_ALL: "C",
      ...(home === undefined ? {} : { HOME: home }),
    };
    execFile(program, [...args], { env, timeout: 60_000 }, (error, out, err) => {
      if (error !== null && typeof error.code !== "number") reject(new Error(`${program}: ${error.message}`));
      else resolve({ out, err, code: typeof error?.code === "number" ? error.code : 0 });
    });
  });

/**
 * A simulated BMC on a UDP port of 127.0.0.1. Its sensors change only with `bmc.tick`, so that what a program says can
 * be compared.
 */
export async function servedBmc(t: TestContext, options: Partial<BmcOptions> = {}): Promise<ServedBmc> {
  const home = mkdtempSync(join(tmpdir(), "bothy-bmc-"));
  const instant = [0, 0] as const;
  const bmc = createBmc({
    clock: systemClock,
    period: 0,
    timing: { relay: instant, boot: instant, shutdown: instant, pause: instant, dump: instant },
    starting: 500,
    ...options,
  });
  for (let second = 0; second < 300; second++) bmc.tick(1);
  const served = await serveBmcs({ bmcs: [bmc] });
  t.after(async () => {
    bmc.close();
    await served.close();
    rmSync(home, { recursive: true, force: true });
  });
  const [endpoint] = served.endpoints;
  if (endpoint === undefined) throw new Error("one BMC has one endpoint");
  const { host, port } = endpoint;
  const admin = ["-U", "admin", "-P", "admin-pass", "-C", "3"];
  const freeAdmin = ["-u", "admin", "-p", "admin-pass", "-l", "ADMIN", "-I", "3"];
  return {
    bmc,
    host,
    port,
    ipmitool: (args, login = admin) => {
      const lan = login.includes("-I") ? [] : ["-I", "lanplus"];
      return runProgram("ipmitool", [...lan, "-H", host, "-p", String(port), ...login, ...args], home);
    },
    freeipmi: (tool, args, login = freeAdmin) => {
      const driver = login.includes("-D") ? [] : ["-D", "LAN_2_0"];
      return runProgram(tool, ["-h", `${host}:${port}`, ...driver, ...login, ...args], home);
    },
  };
}
