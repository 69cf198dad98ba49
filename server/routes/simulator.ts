import { Type } from "typebox";
import { BothyError } from "../../devices/errors.ts";
import { FaultError } from "../../simulators/fault-text.ts";
import type { ActiveFault } from "../../simulators/faults.ts";
import type { SimulatedSite } from "../../simulators/site.ts";
import { sendJson } from "../faults.ts";
import { isoTime } from "../json.ts";
import * as own from "./own-schemas.ts";
import { type AddRoutes, param, route } from "./parts.ts";
import * as schemas from "./schemas.ts";

const tags = ["simulator"];
const faults = schemas.list(own.fault);
const body = Type.Object(
  { fault: Type.String({ minLength: 1, examples: ["tray-a silent for 30s"] }) },
  { additionalProperties: false },
);

/** Faults of a demonstration's simulated equipment; mounted nowhere else. */
export const simulatorRoutes =
  (simulated: SimulatedSite): AddRoutes =>
  (app, { clock }) => {
    const told = ({ since, ...fault }: ActiveFault): object => ({
      ...fault,
      since: isoTime(clock.now() - (clock.monotonic() - since)),
    });
    const all = (): readonly object[] => simulated.faults().map(told);
    route(app, "/api/simulator/faults", {
      GET: {
        needs: "administer",
        schema: {
          tags,
          summary: "What is failing on purpose.",
          response: schemas.answers(faults, "The faults."),
        },
        handler: (_request, reply) => sendJson(reply, all()),
      },
      POST: {
        needs: "administer",
        schema: {
          tags,
          summary: "Makes something fail.",
          response: schemas.answers(own.fault, "The fault."),
          body,
        },
        handler: (request, reply) => {
          const { fault } = request.body as { fault: string };
          return sendJson(reply, told(asked(() => simulated.fault(fault))));
        },
      },
      DELETE: {
        needs: "administer",
        schema: { tags, summary: "Ends all faults.", response: schemas.answers(faults, "None.") },
        handler: (_request, reply) => {
          simulated.clear();
          return sendJson(reply, all());
        },
      },
    });
    route(app, "/api/simulator/faults/:id", {
      DELETE: {
        needs: "administer",
        schema: { tags, summary: "Ends one fault.", response: schemas.answers(faults, "Those left.") },
        handler: (request, reply) => {
          asked(() => simulated.clear(Number(param(request, "id"))));
          return sendJson(reply, all());
        },
      },
    });
  };

/** @throws BothyError `BAD_INPUT` for what the simulator cannot do */
function asked<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof FaultError)
      throw new BothyError("BAD_INPUT", { source: "the fault", fault: error.message });
    throw error;
  }
}
