import { BothyError } from "../../devices/errors.ts";
import type { Definition } from "../contract.ts";

/** @throws BothyError `BAD_CONFIG` when nothing comes with Bothy under that name */
export function shippedNamed(shipped: readonly Definition[], name: string): Definition {
  const found = shipped.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = shipped.map((one) => one.name).join(", ");
  throw new BothyError("BAD_CONFIG", {
    source: `use: ${name}`,
    fault: `no controller of that name comes with Bothy; there are: ${names || "none"}; a file begins with ./`,
  });
}
