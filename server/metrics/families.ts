import { Gauge, type Registry } from "prom-client";
import type { ControllerStatus } from "../../controllers/runtime/api.ts";
import type { Link } from "../../devices/link.ts";
import { counted, type Sample } from "./counted.ts";
import type { RouteParts } from "../routes/parts.ts";

/** A metric that is looked up when somebody asks, from what is counted elsewhere. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: "gauge" | "counter";
  readonly labels: readonly string[];
  readonly samples: (parts: RouteParts) => Iterable<Sample>;
}

const states = ["idle", "opening", "open", "waiting", "stopped"] as const;

function* perBus(parts: RouteParts, of: (name: string, link: Link) => Iterable<Sample>): Iterable<Sample> {
  for (const [name, { link }] of parts.buses) yield* of(name, link);
}
/** A number a poller counts, per bus. */
const polled =
  (key: "polls" | "running" | "runs" | "failed" | "missed"): Family["samples"] =>
  (parts) =>
    perBus(parts, (bus, link) => {
      const { poller } = link.status();
      return poller === undefined ? [] : [[{ bus }, poller[key]]];
    });

/** A number a connection reports of itself, per bus. Those that report none have no sample. */
const reported =
  (key: string, factor = 1): Family["samples"] =>
  (parts) =>
    perBus(parts, (bus, link) => {
      const value = (link.status().report as Readonly<Record<string, unknown>> | undefined)?.[key];
      return typeof value === "number" ? [[{ bus }, value * factor]] : [];
    });

/** Numbers a connection reports of its units: counters named in `keys`, as values of a label. */
const ofUnits =
  (keys: readonly string[], label?: string): Family["samples"] =>
  (parts) =>
    perBus(parts, function* (bus, link) {
      const { units } = (link.status().report ?? {}) as {
        readonly units?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
      };
      for (const [unit, counts] of Object.entries(units ?? {})) {
        for (const key of keys) {
          const value = counts[key];
          if (typeof value === "number")
            yield [{ bus, unit, ...(label === undefined ? {} : { [label]: key }) }, value];
        }
      }
    });

const errorKinds = [
  "timeouts",
  "exceptions",
  "lateAnswers",
  "checksumErrors",
  "wrongSender",
  "shortFrames",
  "longFrames",
  "badFrames",
];

function* qualities({ registry, store }: RouteParts): Iterable<Sample> {
  const counts = { good: 0, uncertain: 0, bad: 0 };
  for (const { id } of registry.all()) for (const { quality } of store.latest(id)) counts[quality]++;
  for (const [quality, count] of Object.entries(counts)) yield [{ quality }, count];
}

/** Everything that is counted outside of requests. Names beginning with `synse_` are Synse's. Synse v3 §1.9. */
const families: readonly Family[] = [
  {
    name: "synse_registered_devices",
    help: "Devices known.",
    kind: "gauge",
    labels: [],
    samples: ({ registry }) => [[{}, registry.all().length]],
  },
  {
    name: "synse_plugin_active_state",
    help: "1 while a plugin answers, else 0.",
    kind: "gauge",
    labels: ["plugin"],
    samples: ({ synse }) => synse.plugins.states().map(({ id, active }) => [{ plugin: id }, active ? 1 : 0]),
  },
  {
    name: "synse_plugin_disabled",
    help: "1 for a plugin that is configured no more; always 0 here.",
    kind: "gauge",
    labels: ["plugin"],
    samples: ({ synse }) => synse.plugins.states().map(({ id }) => [{ plugin: id }, 0]),
  },
  {
    name: "synse_plugin_connect_count_total",
    help: "How many times a connection of a plugin was opened.",
    kind: "counter",
    labels: ["plugin"],
    samples: ({ synse }) => synse.plugins.states().map(({ id, opened }) => [{ plugin: id }, opened]),
  },
  {
    name: "synse_plugin_disconnect_count_total",
    help: "How many times a connection of a plugin was lost or closed.",
    kind: "counter",
    labels: ["plugin"],
    samples: ({ synse }) => synse.plugins.states().map(({ id, closed }) => [{ plugin: id }, closed]),
  },
  {
    name: "bothy_readings",
    help: "Values by the quality of their latest reading.",
    kind: "gauge",
    labels: ["quality"],
    samples: qualities,
  },
  {
    name: "bothy_bus_state",
    help: "1 for the state a bus is in, 0 for the others.",
    kind: "gauge",
    labels: ["bus", "state"],
    samples: (parts) =>
      perBus(parts, (bus, link) => {
        const { state } = link.status();
        return states.map((known): Sample => [{ bus, state: known }, known === state ? 1 : 0]);
      }),
  },
  {
    name: "bothy_bus_opened_total",
    help: "How many times a bus was opened.",
    kind: "counter",
    labels: ["bus"],
    samples: (parts) => perBus(parts, (bus, link) => [[{ bus }, link.status().opened]]),
  },
  {
    name: "bothy_bus_devices",
    help: "Devices on a bus.",
    kind: "gauge",
    labels: ["bus"],
    samples: (parts) => perBus(parts, (bus, link) => [[{ bus }, link.status().devices]]),
  },
  {
    name: "bothy_bus_utilisation_ratio",
    help: "Share of the last minute in which a line was taken, 0 to 1.",
    kind: "gauge",
    labels: ["bus"],
    samples: reported("utilisation", 0.01),
  },
  {
    name: "bothy_bus_waiting_requests",
    help: "Requests that wait for their turn on a line.",
    kind: "gauge",
    labels: ["bus"],
    samples: reported("waiting"),
  },
  {
    name: "bothy_bus_sent_bytes_total",
    help: "Bytes sent on a line since it was opened.",
    kind: "counter",
    labels: ["bus"],
    samples: reported("sentBytes"),
  },
  {
    name: "bothy_bus_received_bytes_total",
    help: "Bytes received on a line since it was opened.",
    kind: "counter",
    labels: ["bus"],
    samples: reported("receivedBytes"),
  },
  {
    name: "bothy_bus_stray_bytes_total",
    help: "Bytes received since a line was opened that belonged to no frame anybody waited for.",
    kind: "counter",
    labels: ["bus"],
    samples: reported("strayBytes"),
  },
  {
    name: "bothy_unit_requests_total",
    help: "Requests to a unit since its line was opened.",
    kind: "counter",
    labels: ["bus", "unit"],
    samples: ofUnits(["requests"]),
  },
  {
    name: "bothy_unit_errors_total",
    help: "What went wrong with a unit since its line was opened, by kind.",
    kind: "counter",
    labels: ["bus", "unit", "kind"],
    samples: ofUnits(errorKinds, "kind"),
  },
  {
    name: "bothy_writes_total",
    help: "Writes that ended or were refused, by slot and result: DONE, or the code of the error.",
    kind: "counter",
    labels: ["slot", "result"],
    samples: ({ writeCounts }) =>
      writeCounts.counts().map(({ slot, result, count }) => [{ slot, result }, count]),
  },
  {
    name: "bothy_writes_pending",
    help: "Writes that were accepted and have not ended.",
    kind: "gauge",
    labels: [],
    samples: ({ writeCounts }) => [[{}, writeCounts.under]],
  },
  {
    name: "bothy_polls",
    help: "Polls planned on a bus.",
    kind: "gauge",
    labels: ["bus"],
    samples: polled("polls"),
  },
  {
    name: "bothy_polls_running",
    help: "Polls that wait for the line or for an answer.",
    kind: "gauge",
    labels: ["bus"],
    samples: polled("running"),
  },
  {
    name: "bothy_poll_runs_total",
    help: "Polls run.",
    kind: "counter",
    labels: ["bus"],
    samples: polled("runs"),
  },
  {
    name: "bothy_poll_failures_total",
    help: "Polls that failed as a whole.",
    kind: "counter",
    labels: ["bus"],
    samples: polled("failed"),
  },
  {
    name: "bothy_poll_deadlines_missed_total",
    help: "Poll periods that went by without an answer because the line was not free in time.",
    kind: "counter",
    labels: ["bus"],
    samples: polled("missed"),
  },
];

const modes = ["automatic", "manual", "fail-safe", "off", "resting"] as const;

/** A number of every controller. */
const ofControllers =
  (of: (status: ControllerStatus, parts: RouteParts) => number): Family["samples"] =>
  (parts) =>
    (parts.controllers.running?.list() ?? []).map((status) => [
      { controller: status.name },
      of(status, parts),
    ]);

const controllerFamilies: readonly Family[] = [
  {
    name: "bothy_controller_mode",
    help: "1 for the mode a controller is in, 0 for the others.",
    kind: "gauge",
    labels: ["controller", "mode"],
    samples: ({ controllers }) =>
      (controllers.running?.list() ?? []).flatMap(({ name, mode }) =>
        modes.map((known): Sample => [{ controller: name, mode: known }, known === mode ? 1 : 0]),
      ),
  },
  {
    name: "bothy_profile",
    help: "1 for the profile that is in force, 0 for the others of the site.",
    kind: "gauge",
    labels: ["profile"],
    samples: ({ controllers }) => {
      const status = controllers.running?.profile();
      return (status?.profiles ?? []).map((profile): Sample => [
        { profile },
        profile === status?.profile ? 1 : 0,
      ]);
    },
  },
  {
    name: "bothy_controller_steps_total",
    help: "Steps of a controller.",
    kind: "counter",
    labels: ["controller"],
    samples: ofControllers(({ steps }) => steps),
  },
  {
    name: "bothy_controller_step_seconds_total",
    help: "How long the steps of a controller took together.",
    kind: "counter",
    labels: ["controller"],
    samples: ofControllers(({ took }) => took.seconds),
  },
  {
    name: "bothy_controller_deadlines_missed_total",
    help: "Steps of a controller that could not begin in time.",
    kind: "counter",
    labels: ["controller"],
    samples: ofControllers(({ missed }) => missed),
  },
  {
    name: "bothy_controller_failures_total",
    help: "Steps of a controller that counted for nothing.",
    kind: "counter",
    labels: ["controller"],
    samples: ofControllers(({ failures }) => failures),
  },
  {
    name: "bothy_controller_alarms",
    help: "Alarms of a controller that stand and count: neither shelved nor part of others.",
    kind: "gauge",
    labels: ["controller"],
    samples: ofControllers(
      ({ alarms }, { controllers }) =>
        alarms.filter((one) => one.partOf === undefined && controllers.shelves.of(one) === undefined).length,
    ),
  },
  {
    name: "bothy_controller_swaps_total",
    help: "How often another version took the place of one.",
    kind: "counter",
    labels: ["controller"],
    samples: ofControllers(({ name }, { controllers }) => controllers.swaps(name)),
  },
];

/** Adds all of them to a registry. */
export function addFamilies(register: Registry, parts: RouteParts): void {
  for (const { name, help, kind, labels, samples } of [...families, ...controllerFamilies]) {
    if (kind === "counter")
      counted(register, { name, help, labelNames: labels, samples: () => samples(parts) });
    else
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [register],
        collect() {
          this.reset();
          for (const [given, value] of samples(parts)) this.set(given, value);
        },
      });
  }
}
