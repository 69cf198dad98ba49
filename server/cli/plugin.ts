import type { Command } from "commander";
import type { ListOptions, ServeOptions } from "./plugin-run.ts";
import type { ExitCode } from "./terminal.ts";

const examples = `
Examples:
  $ bothy plugin serve emulator
      the emulator's 29 devices, for a Synse server on this machine: plugin.tcp: ["127.0.0.1:5001"]
  $ bothy plugin serve modbus --config site.yaml --socket /tmp/synse/modbus.sock
      the Modbus devices of a site, over a unix socket: plugin.unix: ["modbus.sock"]
  $ bothy plugin serve modbus --config site.yaml --listen :5001 \\
      --tls-cert cert.pem --tls-key key.pem --tls-client-ca ca.pem
      for other machines: TLS, and only clients with a certificate of that authority
  $ bothy plugin serve emulator --listen :5001 --allow-insecure
      for every machine that reaches this one, whoever that is
`;

/** `bothy plugin list` and `bothy plugin serve`. */
export function addPluginCommands(program: Command, ended: (code: ExitCode) => void): void {
  const plugin = program
    .command("plugin")
    .description("protocols, and one of them as a plugin of a Synse server");
  plugin
    .command("list")
    .description("which plugins there are")
    .option("--json", "as JSON")
    .action(async (options: ListOptions) => {
      const { listPlugins } = await import("./plugin-run.ts");
      ended(listPlugins(options));
    });
  plugin
    .command("serve")
    .description("serve a plugin's devices over gRPC, as a plugin of a Synse server")
    .argument("<protocol>", "the plugin, as in `plugin:` of a configuration")
    .option("-c, --config <file>", "the site's configuration; without it, a bus with no options")
    .option("-l, --listen <address>", "HOST:PORT, or :PORT for every address (default: 127.0.0.1:5001)")
    .option("-s, --socket <path>", "a unix socket, instead of TCP")
    .option("--tls-cert <file>", "certificate and its chain, PEM")
    .option("--tls-key <file>", "its key, PEM")
    .option("--tls-client-ca <file>", "only clients with a certificate of these authorities, PEM")
    .option("--allow-insecure", "listen beyond this machine although nobody has to prove who they are")
    .addHelpText("after", examples)
    .action(async (name: string, options: ServeOptions) => {
      const { runPlugin } = await import("./plugin-run.ts");
      ended(await runPlugin(name, options));
    });
}
