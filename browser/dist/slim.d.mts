export * from "./slim.js";
export { io as default } from "./slim.js";
