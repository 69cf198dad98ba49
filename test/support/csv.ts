/** Reads CSV as RFC 4180 says, one list of cells per line. For tests. */
export function parseCsv(csv: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let cell = "";
  let quoted = false;
  for (let i = 0; i < csv.length; i++) {
    const char = csv.charAt(i);
    if (quoted && char === '"' && csv[i + 1] === '"') {
      cell += '"';
      i++;
    } else if (char === '"') quoted = !quoted;
    else if (quoted) cell += char;
    else if (char === ",") {
      line.push(cell);
      cell = "";
    } else if (csv.startsWith("\r\n", i)) {
      lines.push([...line, cell]);
      line = [];
      cell = "";
      i++;
    } else cell += char;
  }
  return cell === "" && line.length === 0 ? lines : [...lines, [...line, cell]];
}
