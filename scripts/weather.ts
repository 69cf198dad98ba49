import { mkdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type ClimateName, climates, makeYear, shippedSeed } from "../simulators/weather/make-year.ts";

// Makes the weather that is shipped: `npx tsx scripts/weather.ts`.
const folder = new URL("../simulators/weather/years/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const name of Object.keys(climates) as ClimateName[]) {
  const text = makeYear(climates[name], shippedSeed);
  writeFileSync(new URL(`${name}.epw.gz`, folder), gzipSync(text, { level: 9 }));
  console.log(`wrote ${name}.epw.gz`);
}
