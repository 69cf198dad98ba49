export { settle, VirtualClock as TestClock } from "../../devices/virtual-clock.ts";
