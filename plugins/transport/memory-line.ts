import { BothyError } from "../../devices/errors.ts";
import { type Line, settler } from "./line.ts";

/** A line with nothing behind it but a function: what is written goes to `far`, and `arrive` makes bytes arrive. */
export interface MemoryLine extends Line {
  arrive(bytes: Uint8Array): void;
  /** The line is gone, as when a cable is pulled. */
  cut(fault?: string): void;
}

export function memoryLine(far: (bytes: Uint8Array) => void, name = "memory"): MemoryLine {
  const { promise, settle } = settler<BothyError | undefined>();
  let listener: (bytes: Uint8Array) => void = () => undefined;
  let open = true;
  return {
    name,
    write: (bytes) => {
      if (open) far(bytes);
    },
    receive: (next) => {
      listener = next;
    },
    arrive: (bytes) => {
      if (open) listener(bytes);
    },
    cut: (fault = "cut") => {
      open = false;
      settle(new BothyError("LINE_DOWN", { source: name, fault }));
    },
    closed: promise,
    close: () => {
      open = false;
      settle(undefined);
      return Promise.resolve();
    },
  };
}
