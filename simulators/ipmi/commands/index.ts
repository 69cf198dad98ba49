import type { Command } from "../command.ts";
import type { BmcParts } from "../parts.ts";
import { appCommands } from "./app.ts";
import { chassisCommands } from "./chassis.ts";
import { dcmiCommands } from "./dcmi.ts";
import { pefCommands } from "./pef.ts";
import { sensorCommands } from "./sensors.ts";
import { sessionCommands } from "./session.ts";
import { storageCommands } from "./storage.ts";
import { transportCommands } from "./transport.ts";
import { userCommands } from "./users.ts";

/** Everything a BMC can be asked. */
export const commandsOf = (parts: BmcParts): readonly Command[] => [
  ...appCommands(parts),
  ...sessionCommands(parts),
  ...userCommands(parts),
  ...chassisCommands(parts),
  ...sensorCommands(parts),
  ...storageCommands(parts),
  ...transportCommands(parts),
  ...pefCommands(parts),
  ...dcmiCommands(parts),
];
