import type { Device } from "./device.ts";
import { BothyError } from "./errors.ts";
import type { LinkDeps } from "./plugin.ts";
import { clashesOf } from "./registry.ts";

/**
 * Declares devices a plugin has found; those whose id is taken are left out, and an alias that is taken is. Whoever came first keeps both.
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
  let renamed = 0;
  for (;;) {
    try {
      found(rest);
    } catch (thrown) {
      if (!(thrown instanceof BothyError)) throw thrown;
      // All at once: a plugin may have tens of thousands of devices, and each time all are looked at.
      const clashes = new Map(clashesOf(thrown).map((clash) => [clash.params["device"], clash]));
      if (!rest.some(({ id }) => clashes.has(id))) throw thrown;
      rest = rest.flatMap((device) => {
        const clash = clashes.get(device.id);
        if (clash === undefined) return [device];
        if (device.alias === undefined || !clash.message.includes(`the alias ${device.alias} `)) {
          taken.push(clash);
          return [];
        }
        if (++renamed <= mostSaid)
          log.warn({ link, device: device.id }, `${clash.message}; it goes without an alias`);
        return [withoutAlias(device)];
      });
      continue;
    }
    break;
  }
  if (renamed > mostSaid) log.warn({ link }, `${link}: ${renamed - mostSaid} more go without an alias alike`);
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
