import pino from "pino";
import pretty from "pino-pretty";
import type { Log } from "../devices/plugin.ts";
import { type LogLevel, logLevels } from "./config-schema.ts";

/** The level of LOG_LEVEL, when it is one. */
export const levelFrom = (env: Readonly<Record<string, string | undefined>>): LogLevel | undefined =>
  logLevels.find((level) => level === env["LOG_LEVEL"]);

/**
 * Structured lines on stderr; for people when that is a terminal. Written at once: the last line before the end of
 * the program is the one that matters.
 */
export function createLog(level: LogLevel): Log {
  const destination = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, colorize: true, ignore: "pid,hostname" })
    : pino.destination({ dest: 2, sync: true });
  return pino({ level, base: null }, destination);
}
