// Runs a command while a server of the contract runs: node with-server.mjs COMMAND ARGUMENT…; SERVER_URL tells it where.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ServerProcess } from "./server.mjs";

const [command, ...rest] = process.argv.slice(2);
// python-socketio waits for its pending poll when it disconnects: with frequent pings that is short.
const server = await ServerProcess.start({ "ping-interval": 1_000 });
const child = spawn(command, rest, { stdio: "inherit", env: { ...process.env, SERVER_URL: server.url } });
const [code] = await once(child, "exit");
await server.stop();
process.exitCode = code ?? 1;
