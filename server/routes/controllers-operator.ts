import type { FastifyRequest } from "fastify";
import { BothyError } from "../../devices/errors.ts";
import { slotNames, slots } from "../../devices/transaction.ts";
import { slotsFor } from "../access/principal.ts";
import { factsOf } from "../audit/audit.ts";
import type { RouteParts } from "./parts.ts";

/** @throws BothyError `FORBIDDEN` for whoever is no operator */
export function operatorSlot({ principal }: FastifyRequest): typeof slots.operator {
  if (slotsFor(principal).includes(slots.operator)) return slots.operator;
  const fault = `the role is ${principal.role}; its slots: ${slotsFor(principal)
    .map((n) => `${n} (${slotNames[n]})`)
    .join(", ")}`;
  throw new BothyError("FORBIDDEN", {
    source: principal.name,
    action: "do what only an operator may",
    fault,
  });
}

/** What an operator changed; writes, and what administrators do, tell of themselves. */
export function told(
  { audit }: RouteParts,
  request: FastifyRequest,
  action: string,
  value: string,
  reason: string,
): void {
  audit.record({
    ...factsOf(request.principal),
    what: "request",
    route: `${request.method} ${(request.url.split("?")[0] ?? "").slice(0, 300)}`,
    action,
    value: value.slice(0, 500),
    why: reason,
    result: "done",
  });
}

/** Why what was changed would not outlast the program, for people; empty when it would, or nothing is to. */
export function unkept({ keeper }: Pick<RouteParts, "keeper">): { readonly unkept?: string } {
  const { kept, folder, fault = "" } = keeper.status();
  if (kept || folder === undefined) return {};
  return {
    unkept: `the state folder ${folder} cannot be written: ${fault}; free space there, or check its rights and its disk`,
  };
}
