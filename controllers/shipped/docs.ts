import { Value } from "typebox/value";
import type { Definition, FailSafe } from "../contract.ts";
import type { ActionSpec, InputSpec } from "../select.ts";

interface Setting {
  readonly type?: string;
  readonly unit?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A page section for each controller: what it takes, commands and publishes, its fail-safe values, every setting. Pure. */
export const controllerSections = (all: readonly Definition[]): string => all.map(sectionOf).join("\n\n");

function sectionOf(definition: Definition): string {
  const { name, version, summary, period, inputs, outputs, publishes = {}, settings } = definition;
  const tables = [
    table(
      ["input", "takes", "needed"],
      Object.entries(inputs).map(([key, spec]) => [
        `\`${key}\``,
        inputText(spec),
        spec.optional ? "no" : "yes",
      ]),
    ),
    table(
      ["output", "commands", "fail-safe value"],
      Object.entries(outputs).map(([key, spec]) => [
        `\`${key}\``,
        outputText(spec),
        failSafeText(definition, key),
      ]),
    ),
    table(
      ["publishes", "unit", "what"],
      Object.entries(publishes).map(([key, { unit = "", text }]) => [`\`${key}\``, unit, text]),
    ),
    table(
      ["setting", "default", "range", "what"],
      Object.entries(settings.properties).map(([key, node]) => settingRow(key, node as Setting)),
    ),
  ];
  const head = `## ${name}\n\n${summary}. Version ${version}, a step each ${period / 1000} s.`;
  return [head, ...tables.filter((one) => one !== "")].join("\n\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ""
    : [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

function inputText({ tags, output, channel, controller, pick }: InputSpec): string {
  if (controller !== undefined) return `\`${controller.value}\` of controller \`${controller.name}\``;
  const of = output === undefined ? "" : `\`${output}${channel === undefined ? "" : ` ${channel}`}\` of `;
  const how = pick === "each" || pick === "eachWord" ? "each" : pick === "word" ? "the one" : `the ${pick}`;
  return `${how}: ${of}${tags.map((tag) => `\`${tag}\``).join(" ")}`;
}

const outputText = ({ tags, action, unit, optional = false }: ActionSpec): string =>
  `\`${action}\`${unit === undefined ? "" : ` in ${unit}`} of ${tags.map((tag) => `\`${tag}\``).join(" ")}${optional ? ", where there is one" : ""}`;

function failSafeText({ failSafe, settings }: Definition, key: string): string {
  const values: FailSafe = typeof failSafe === "function" ? failSafe(Value.Create(settings)) : failSafe;
  const value = values[key];
  return value === null || value === undefined ? "none: given up" : String(value);
}

function settingRow(key: string, node: Setting): readonly string[] {
  const { unit = "", description = "", minimum, maximum } = node;
  const spelled = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const withUnit = (value: unknown): string => `${spelled(value)}${unit === "" ? "" : ` ${unit}`}`;
  const range =
    node.enum !== undefined
      ? node.enum.map(String).join(", ")
      : minimum !== undefined && maximum !== undefined
        ? `${minimum} to ${maximum}`
        : minimum !== undefined
          ? `from ${minimum}`
          : "";
  return [`\`${key}\``, node.default === undefined ? "" : withUnit(node.default), range, description];
}
