/** One line of comma-separated values, RFC 4180, without its end. */
export const csvLine = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",");

/** What RFC 4180 ends lines with. */
export const csvEnd = "\r\n";
