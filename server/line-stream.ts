import { Readable } from "node:stream";
import { toJson } from "./json.ts";

/** Lines for one client: NDJSON that never holds back whoever writes it. */
export interface LineStream {
  readonly stream: Readable;
  /** Adds a line. When the client lags behind, the oldest waiting line is dropped and the client is told so. */
  write(line: object): void;
  /** No more lines: ends once those waiting are sent. */
  end(): void;
}

/**
 * @param limit how many lines may wait for the client
 * @param gone called once, when the client has left or everything is sent
 */
export function lineStream(limit: number, gone: () => void): LineStream {
  const waiting: string[] = [];
  let dropped = 0;
  let ended = false;
  let wanted = false;
  const flush = (): void => {
    while (wanted && dropped > 0) {
      wanted = stream.push(`${toJson({ dropped })}\n`);
      dropped = 0;
    }
    while (wanted && waiting.length > 0) wanted = stream.push(waiting.shift());
    if (ended && waiting.length === 0 && !stream.destroyed) stream.push(null);
  };
  const stream = new Readable({
    highWaterMark: 16_384,
    read: () => {
      wanted = true;
      flush();
    },
    destroy: (error, done) => {
      ended = true;
      waiting.length = 0;
      gone();
      done(error);
    },
  });
  return {
    stream,
    write: (line) => {
      if (ended) return;
      if (waiting.length >= limit) {
        waiting.shift();
        dropped++;
      }
      waiting.push(`${toJson(line)}\n`);
      flush();
    },
    end: () => {
      if (ended) return;
      ended = true;
      flush();
    },
  };
}
