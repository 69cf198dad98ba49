type Plain = Record<string, unknown>;

const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null;

/**
 * Writes plain data over plain data of the same shape, in place: objects others hold stay the ones they hold.
 * @param source a copy; what it holds is not kept
 */
export function overwrite(target: unknown, source: unknown): void {
  if (!isPlain(target) || !isPlain(source)) return;
  for (const key of Object.keys(source)) {
    const [inside, from] = [target[key], source[key]];
    if (isPlain(inside) && isPlain(from)) overwrite(inside, from);
    else target[key] = from;
  }
}
