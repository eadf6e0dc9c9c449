import "./engine/defaults.js";
import { io } from "./lookup.js";

// Of the wrapper that the build puts around this file: exports to `require`, to an AMD loader or to the page.
declare function provide(io: unknown): void;

provide(io);
