import { crc32 } from "node:zlib";

/*
 * What is read back may be commanded to hardware. LevelDB checks its journal, but not what it moved from there to its
 * tables; so each record carries a checksum of its own, over its key as well.
 */

const sum = (key: string, json: string): string =>
  crc32(json, crc32(`${key}\n`))
    .toString(16)
    .padStart(8, "0");

/** A record as it is stored. @param json a JSON text */
export const seal = (key: string, json: string): string => `${sum(key, json)} ${json}`;

/** What a record holds; undefined when it is damaged. */
export function unseal(key: string, sealed: string): unknown {
  const json = sealed.slice(9);
  if (sealed.slice(0, 9) !== `${sum(key, json)} `) return undefined;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
