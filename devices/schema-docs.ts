/** The parts of JSON Schema that option tables are made of. */
interface Node {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
}

interface Row {
  readonly name: string;
  readonly node: Node;
  readonly required: boolean;
}

/**
 * The options of an object schema as a Markdown table, one row each, options of options below them with a dotted name
 * (`poll.fast`, `devices[].name`). Pure; the same schema always gives the same text, without a newline at its end.
 */
export function optionTable(schema: object): string {
  const rows = rowsOf(schema as Node, "").map(({ name, node, required }) =>
    [`\`${name}\``, typeText(node), required ? "required" : defaultText(node), sentence(node)]
      .map(cell)
      .join(" | "),
  );
  return [
    "| option | type | default | meaning |",
    "|---|---|---|---|",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

/** Puts tables, by name, between the markers `<!-- name -->` and `<!-- /… -->` of a page. Pure. */
export const withTables = (page: string, tables: Readonly<Record<string, string>>): string =>
  page.replace(/<!-- ([a-z:]+) -->\n[^]*?<!-- \/([a-z]+) -->/g, (whole, name: string, end: string) =>
    tables[name] === undefined ? whole : `<!-- ${name} -->\n${tables[name]}\n<!-- /${end} -->`,
  );

/** The option tables of a plugin's schemas, by the names its README's markers call them. */
export function optionTables(schema: {
  readonly link: object;
  readonly device: object;
  readonly product?: object;
}): Readonly<Record<string, string>> {
  return {
    "options:link": optionTable(schema.link),
    "options:device": optionTable(schema.device),
    ...(schema.product === undefined ? {} : { "options:product": optionTable(schema.product) }),
  };
}

function rowsOf(schema: Node, prefix: string): readonly Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, node]) => {
    const name = `${prefix}${key}`;
    const own: Row = { name, node, required: schema.required?.includes(key) ?? false };
    if (node.properties !== undefined) return [own, ...rowsOf(node, `${name}.`)];
    if (node.items?.properties !== undefined) return [own, ...rowsOf(node.items, `${name}[].`)];
    return [own];
  });
}

function typeText(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((choice) => `\`${String(choice)}\``).join(", ");
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.anyOf !== undefined && node.type === undefined) return node.anyOf.map(typeText).join(" or ");
  if (node.type === "array") return `list of ${node.items === undefined ? "anything" : typeText(node.items)}`;
  if (node.type === "object")
    return node.properties === undefined && node.patternProperties !== undefined ? "map" : "object";
  if (node.type === "string") return node.pattern?.includes("(ms|s|m|h|d)") === true ? "duration" : "text";
  if (node.type === "boolean") return "`true`, `false`";
  return `${node.type === "integer" ? "whole number" : "number"}${rangeText(node)}`;
}

function rangeText({ minimum, maximum, exclusiveMinimum }: Node): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum}..${maximum}`;
  if (minimum !== undefined) return ` from ${minimum}`;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  return maximum === undefined ? "" : ` up to ${maximum}`;
}

const defaultText = (node: Node): string =>
  node.default === undefined
    ? ""
    : `\`${typeof node.default === "string" ? node.default : JSON.stringify(node.default)}\``;

const sentence = ({ title, description }: Node): string =>
  description ?? (title === undefined ? "" : `${title}.`);

/** A table cell must not end its row or its column. */
const cell = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replace(/\s+/g, " ").trim();
