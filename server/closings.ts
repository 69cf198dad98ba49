import type { Connection } from "../devices/plugin.ts";

type Listener = (reason: Error | undefined) => void;

const listeners = new WeakMap<Connection, Set<Listener>>();

/**
 * Calls `listener` when a connection ends, unless the returned function was called before. A connection may stay open
 * for months, and what waits for a promise cannot be taken back from it.
 */
export function onClosed(connection: Connection, listener: Listener): () => void {
  let all = listeners.get(connection);
  if (all === undefined) {
    const made = new Set<Listener>();
    listeners.set(connection, (all = made));
    void connection.closed.then((reason) => {
      for (const one of made) one(reason);
      made.clear();
    });
  }
  const waiting = all.add(listener);
  return () => {
    waiting.delete(listener);
  };
}
