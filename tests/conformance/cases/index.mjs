import { cases as engine } from "./engine.mjs";
import { cases as engine3 } from "./engine3.mjs";
import { cases as packets } from "./packets.mjs";
import { cases as recovery } from "./recovery.mjs";
import { cases as requests } from "./requests.mjs";
import { cases as sessions } from "./sessions.mjs";
import { cases as upgrade } from "./upgrade.mjs";

// The requests for files last: the reference compresses each one anew, and answers nothing else meanwhile.
export const cases = [engine, engine3, upgrade, packets, sessions, recovery, requests].flat();
export const PROFILES = ["engine3", "engine4", "socketio5", "recovery"];
