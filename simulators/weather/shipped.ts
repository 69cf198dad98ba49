import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Epw, readEpw } from "./epw.ts";
import { type ClimateName, climates } from "./make-year.ts";

/** Beside this file when run from source, in the package's source tree when built. */
const folder = [
  new URL("./years/", import.meta.url),
  new URL("../../../simulators/weather/years/", import.meta.url),
].find((place) => existsSync(place));

export const shippedNames = Object.keys(climates) as readonly ClimateName[];

const shippedFile = (name: ClimateName): URL => new URL(`${name}.epw.gz`, folder ?? import.meta.url);

/** A made-up year of a hot, a temperate or an arctic place, as an EPW text. @throws Error of the system when the file is gone */
export const shippedText = (name: ClimateName): string =>
  gunzipSync(readFileSync(shippedFile(name))).toString("utf8");

/** The same, read. */
export const shippedYear = (name: ClimateName): Epw => readEpw(shippedText(name), `${name}.epw`);
