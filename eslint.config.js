import tseslint from "typescript-eslint";

const timers = ["setTimeout", "setInterval", "setImmediate"].map((name) => ({
  name,
  message: "Time is a parameter: take a Clock (devices/clock.ts).",
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "**/*.cjs", "**/*.mjs", "eslint.config.js"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-restricted-globals": ["error", ...timers],
      "no-restricted-properties": [
        "error",
        { object: "Date", property: "now", message: "Time is a parameter: take a Clock (devices/clock.ts)." },
        {
          object: "performance",
          property: "now",
          message: "Time is a parameter: take a Clock (devices/clock.ts).",
        },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: "Time is a parameter: take a Clock.",
        },
      ],
      "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    files: ["devices/clock.ts", "client/clock.ts"],
    rules: { "no-restricted-globals": "off", "no-restricted-properties": "off" },
  },
  {
    files: ["**/*.test.ts", "test/**/*.ts"],
    rules: {
      "max-lines": "off",
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] },
          ],
        },
      ],
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  { files: ["bench/**/*.ts", "scripts/*.ts"], rules: { "no-console": "off" } },
);
