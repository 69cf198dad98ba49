import { status } from "@grpc/grpc-js";
import { asBothyError, type ErrorCode } from "../../devices/errors.ts";
import { HttpError } from "../faults.ts";

/** How a call ends that cannot be answered. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
}

/**
 * Synse's server knows three statuses that say "the plugin answered"; whatever else there is, it takes for a plugin
 * that is gone. Synse v3 §5.
 */
const statuses: Readonly<Partial<Record<ErrorCode, status>>> = {
  NOT_FOUND: status.NOT_FOUND,
  BAD_INPUT: status.INVALID_ARGUMENT,
};

export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof HttpError)
    return { code: thrown.status === 404 ? status.NOT_FOUND : status.UNKNOWN, details: thrown.message };
  const error = asBothyError(thrown, "the plugin");
  return { code: statuses[error.code] ?? status.UNKNOWN, details: error.message };
}
