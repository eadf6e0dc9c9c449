import { cases as engine } from "./engine.mjs";
import { cases as engine3 } from "./engine3.mjs";
import { cases as packets } from "./packets.mjs";
import { cases as recovery } from "./recovery.mjs";
import { cases as requests } from "./requests.mjs";
import { cases as upgrade } from "./upgrade.mjs";

export const cases = [requests, engine, engine3, upgrade, packets, recovery].flat();
export const PROFILES = ["engine3", "engine4", "socketio5", "recovery"];
