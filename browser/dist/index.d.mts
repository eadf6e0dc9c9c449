export * from "./index.js";
export { io as default } from "./index.js";
