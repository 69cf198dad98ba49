import { systemClock } from "../../devices/clock.ts";
import { newMemory } from "../../devices/link-memory.ts";
import { type LinkPlan, noSite, type ScanResult, type TappedFrame } from "../../devices/plugin.ts";
import { openLine } from "../../plugins/modbus/client.ts";
import { watchLine } from "../../plugins/modbus/sniffer.ts";
import { readConfig } from "../config.ts";
import { createLog, levelFrom } from "../logger.ts";
import type { LineOptions } from "./ad-hoc.ts";
import { allPlugins, loadOrExplain } from "./load.ts";
import type { Range } from "./numbers.ts";
import { CannotRun } from "./terminal.ts";

/** @throws CannotRun when the settings make no bus */
export function adHocPlan(settings: Record<string, unknown>): LinkPlan {
  const text = JSON.stringify({ site: { id: "ad-hoc" }, buses: { line: settings } });
  const { plans, faults } = readConfig(text, "options", allPlugins, {});
  const [plan] = plans;
  if (plan !== undefined) return plan;
  throw new CannotRun(faults.map(({ message, remedy }) => `${message}: ${remedy}`).join("; "));
}

/** @throws CannotRun when the configuration has no such bus, or several and none was named */
export function planOf(file: string, name: string | undefined): LinkPlan {
  const { plans } = loadOrExplain(file);
  const names = plans.map((plan) => plan.name).join(", ");
  if (name === undefined && plans.length > 1) throw new CannotRun(`say which bus: ${names}`);
  const plan = name === undefined ? plans[0] : plans.find((one) => one.name === name);
  if (plan === undefined) throw new CannotRun(`there is no bus ${name ?? ""}; there are ${names}`);
  return plan;
}

/** Asks the units of a line that no site has open. */
export async function* scanLine(
  plan: LinkPlan,
  units: Range,
  signal: AbortSignal,
): AsyncGenerator<ScanResult> {
  const log = createLog(levelFrom(process.env) ?? "error");
  const connection = await plan.open({ ...noSite, clock: systemClock, log, memory: newMemory(), signal });
  try {
    if (connection.scan === undefined) throw new CannotRun(`bus ${plan.name} cannot be scanned`);
    yield* connection.scan(units, signal);
  } finally {
    await connection.close();
  }
}

/**
 * Shows the frames of a serial line that another program drives; never sends.
 * @returns when the line is gone, or `signal` aborts
 */
export async function overhear(
  path: string,
  options: LineOptions,
  show: (frame: TappedFrame) => void,
  signal: AbortSignal,
): Promise<void> {
  const log = createLog(levelFrom(process.env) ?? "error");
  const parity = options.parity === "even" || options.parity === "odd" ? options.parity : "none";
  const bus = {
    name: path,
    transport: "serial",
    path,
    baudRate: options.baud ?? 9600,
    parity,
    stopBits: options.stopBits === 2 ? 2 : 1,
  } as const;
  const line = await openLine(bus, { clock: systemClock, log, memory: newMemory() });
  const stop = watchLine(line, bus, systemClock, show);
  await Promise.race([
    line.closed,
    new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true })),
  ]);
  stop();
  await line.close();
}
