/** One end of a byte stream: a pseudo-terminal, a socket or plain memory. */
export interface Wire {
  /** Queues bytes for the other end. After `close` they are dropped. */
  write(bytes: Uint8Array): void;
  /** Sets who is told about bytes from the other end. One listener; a later call replaces the earlier one. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Gives everything back to the operating system. May be called twice. */
  close(): Promise<void>;
  /** Resolves when the wire is closed, by either side. */
  readonly closed: Promise<void>;
}

/** Two ends of a wire in memory: what one writes, the other is told in a later microtask. For virtual time. */
export function createMemoryWire(): readonly [Wire, Wire] {
  const listeners: ((bytes: Uint8Array) => void)[] = [() => undefined, () => undefined];
  let open = true;
  let report: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    report = resolve;
  });
  const end = (own: 0 | 1): Wire => ({
    write(bytes) {
      const copy = Uint8Array.from(bytes);
      queueMicrotask(() => {
        if (open) listeners[1 - own]?.(copy);
      });
    },
    onData(listener) {
      listeners[own] = listener;
    },
    close() {
      open = false;
      report();
      return closed;
    },
    closed,
  });
  return [end(0), end(1)];
}
