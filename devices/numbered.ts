/**
 * `1 fault`, `3 faults`, `0 buses`.
 * @param several what more than one of them are called; default: with an s
 */
export const numbered = (count: number, noun: string, several = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : several}`;
