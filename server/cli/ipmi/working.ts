import { type Millis, seconds, systemClock } from "../../../devices/clock.ts";

/** Nobody wonders before that. */
const patience: Millis = seconds(1);

/**
 * Tells people who wait what for, on the terminal, as long as it lasts; nothing when it is soon over.
 * @returns ends it, and takes it away
 */
export function working(what: string, stream: NodeJS.WriteStream = process.stderr): () => void {
  if (!stream.isTTY) return () => undefined;
  let shown = false;
  const cancel = systemClock.at(systemClock.monotonic() + patience, () => {
    shown = true;
    stream.write(`${what} …`);
  });
  return () => {
    cancel();
    if (shown) stream.write("\r\x1b[K");
  };
}
