import type { Device } from "../../devices/device.ts";
import type { Reading } from "../../devices/reading.ts";
import type { SimulatedSite } from "../../simulators/site.ts";
import type { Demo } from "../demo.ts";
import type { Site } from "../site.ts";

/** What `bothy demo` tells once it runs. */
export function demoText(demo: Demo, program: string): string {
  const { served, simulated } = demo;
  const { url, site } = served;
  const host = url.endsWith(":5000") ? "" : ` --host ${url}`;
  return [
    "",
    `Bothy ${site.version}: ${site.config.site.name}`,
    "",
    "Simulated equipment, behind real wires",
    ...wires(simulated),
    ...simulated.notes.map((note) => `  (${note})`),
    "",
    `Devices found: ${site.registry.all().length}`,
    ...table(families(atAGlance(site.registry.all())).map((family) => familyRow(family, site))),
    ...further(site.registry.all()),
    "",
    `Running on ${url}  (page: /  HTTP interface: /docs  Synse v3: /v3)`,
    "",
    "Try",
    `  curl ${url}/v3/read/probe-inlet.temperature`,
    `  curl -d '{"action":"speed","data":"80"}' ${url}/v3/write/wait/tray-a.fan-1`,
    `  curl -d '{"action":"state","data":"off"}' ${url}/v3/write/wait/server-1-power`,
    `  ${program} watch --type fan${host}`,
    `  ${program} bus watch line-a${host}`,
    "",
    "Ctrl-C stops everything.",
  ].join("\n");
}

function wires(simulated: SimulatedSite): readonly string[] {
  const units = (name: string): string =>
    simulated
      .units()
      .filter((unit) => unit.line === name)
      .map((unit) => `${unit.name} (${unit.id})`)
      .join(", ");
  const lines = simulated.lines.map((line) => {
    const format = `${line.baudRate} baud ${line.dataBits}${line.parity[0]?.toUpperCase() ?? "N"}${line.stopBits}`;
    const where = line.kind === "pty" ? line.path : line.kind === "memory" ? "" : `${line.host}:${line.port}`;
    return [line.name, `RS-485, ${format}`, where, units(line.name)];
  });
  const { endpoint } = simulated;
  const tcp = endpoint.kind === "tcp" ? `${endpoint.host}:${endpoint.port}` : "";
  const bmcs = simulated.bmcs.flatMap((one) => (one.kind === "udp" ? [one] : []));
  const [first] = bmcs;
  const servers = bmcs.map(({ name, port }, i) => `${name} (${i === 0 ? "port " : ""}${port})`).join(", ");
  return table([
    ...lines,
    [endpoint.name, "Modbus TCP", tcp, units(endpoint.name)],
    ...(first === undefined ? [] : [["bmcs", "IPMI over UDP", first.host, servers]]),
  ]);
}

/** A server has dozens of devices: here only its power is shown. */
const isBrief = ({ link, type }: Device): boolean =>
  !link.includes(":") || type === "power-control" || type === "power-limit";

const atAGlance = (devices: readonly Device[]): readonly Device[] => devices.filter(isBrief);

function further(devices: readonly Device[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const device of devices)
    if (!isBrief(device)) counts.set(device.link, (counts.get(device.link) ?? 0) + 1);
  return [...counts].sort().map(([link, count]) => `  … and ${count} more of ${link}`);
}

/** Devices that differ only in a number at the end. */
interface Family {
  readonly first: Device;
  readonly last: Device;
  readonly count: number;
}

function families(devices: readonly Device[]): readonly Family[] {
  const found = new Map<string, Family>();
  const sorted = [...devices].sort((a, b) =>
    (a.alias ?? a.id).localeCompare(b.alias ?? b.id, "en", { numeric: true }),
  );
  for (const device of sorted) {
    const key = `${(device.alias ?? device.id).replace(/\d+$/, "#")} ${device.type}`;
    const family = found.get(key);
    found.set(key, { first: family?.first ?? device, last: device, count: (family?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

const mostValues = 3;

function familyRow({ first, last, count }: Family, site: Site): readonly string[] {
  const name = first.alias ?? first.id;
  const range = count === 1 ? name : `${name} … ${/\d+$/.exec(last.alias ?? last.id)?.[0] ?? ""}`;
  const readings = site.store.latest(first.id);
  const shown = readings.slice(0, mostValues).map((reading, i) => valueText(reading, first, i));
  const more = readings.length > mostValues ? ["…"] : [];
  const actions =
    first.actions.length === 0 ? "" : `takes ${first.actions.map(({ name: action }) => action).join(", ")}`;
  return [range, first.type, [...shown, ...more].join("  "), cut(actions, 50)];
}

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

function valueText(reading: Reading, device: Device, index: number): string {
  const output = device.outputs[index];
  const label = output?.channel === undefined ? "" : `${output.channel} `;
  if (reading.quality === "bad") return `${label}${reading.reason.code}`;
  const { value } = reading;
  const text = typeof value === "number" ? String(Number(value.toFixed(2))) : String(value);
  const symbol = output?.output.unit?.symbol;
  // Synse's symbol for people.
  const shown = symbol === "C" ? "°C" : symbol;
  return `${label}${text}${shown === undefined ? "" : ` ${shown}`}`;
}

/** Columns as wide as their widest cell, the last as it comes. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
