import type { Device } from "../../devices/device.ts";
import { BothyError } from "../../devices/errors.ts";
import type { LinkDeps } from "../../devices/plugin.ts";

/**
 * Declares devices; those whose id is taken are left out, and an alias that is taken is. Whoever came first keeps both.
 * @returns what was declared
 * @throws BothyError `BAD_CONFIG` when every device is there already: it is the same plugin a second time
 */
export function declare(
  devices: readonly Device[],
  { found, log }: Pick<LinkDeps, "found" | "log">,
  link: string,
): readonly Device[] {
  let rest = unique(devices, (device) =>
    log.warn({ link }, `${link}: two devices have the id ${device.id}; the first stays`),
  );
  const taken: BothyError[] = [];
  for (;;) {
    try {
      found(rest);
    } catch (thrown) {
      const culprit = rest.find(({ id }) => thrown instanceof BothyError && thrown.params["device"] === id);
      if (!(thrown instanceof BothyError) || culprit === undefined) throw thrown;
      const isAlias = culprit.alias !== undefined && thrown.message.includes(`the alias ${culprit.alias} `);
      if (!isAlias) taken.push(thrown);
      else log.warn({ link, device: culprit.id }, `${thrown.message}; it goes without an alias`);
      rest = isAlias
        ? rest.map((device) => (device === culprit ? withoutAlias(device) : device))
        : rest.filter((device) => device !== culprit);
      continue;
    }
    break;
  }
  const [first] = taken;
  if (first === undefined) return rest;
  if (rest.length === 0)
    throw new BothyError("BAD_CONFIG", {
      source: link,
      fault: `all its devices are there already, on ${String(first.params["by"])}: take one of the two buses away`,
    });
  for (const error of taken.slice(0, mostSaid)) log.error({ link }, `${error.message}; it is left out`);
  if (taken.length > mostSaid)
    log.error({ link }, `${link}: ${taken.length - mostSaid} more are left out alike`);
  return rest;
}

const mostSaid = 5;

const withoutAlias = ({ alias: _alias, ...device }: Device): Device => device;

function unique(devices: readonly Device[], twice: (device: Device) => void): readonly Device[] {
  const seen = new Set<string>();
  return devices.filter((device) => {
    if (!seen.has(device.id)) return seen.add(device.id);
    twice(device);
    return false;
  });
}
