import { systemClock } from "../../devices/clock.ts";
import { createUnit, type SimulatedUnit } from "../../simulators/modbus/unit.ts";
import { serveRtu } from "../../simulators/modbus/serve.ts";
import { openPty } from "../../simulators/pty.ts";
import { type BenchUnit, units } from "./units.ts";

/**
 * A process of its own that simulates one line, so that its work is not counted as the bus's.
 * Started with the baud rate as argument; sends the path of its pseudo-terminal to its parent.
 */
function simulated({ kind, turnaroundMs, maxRegisters, islands }: BenchUnit): SimulatedUnit {
  const unit = createUnit({
    product: kind,
    turnaround: turnaroundMs,
    registerLimit: maxRegisters,
    holes: "zeros-in-block",
  });
  for (const { table, address, width, values } of islands) {
    for (let i = 0; i < values; i++) {
      const words = Array.from({ length: width }, (_, w) => (address + i * width + w) & 0xffff);
      unit.defineWords(table, address + i * width, {
        width,
        read: () => words,
        ...(table === "holding" ? { write: (given) => words.splice(0, width, ...given) } : {}),
      });
    }
  }
  return unit;
}

const baudRate = Number(process.argv[2]);
const pty = await openPty();
serveRtu({
  clock: systemClock,
  wire: pty,
  timing: { baudRate },
  units: new Map(units.map((unit) => [unit.unit, simulated(unit)])),
});
process.send?.({ path: pty.path });
process.on("disconnect", () => process.exit(0));
