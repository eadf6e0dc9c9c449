import { io, Manager } from "socket.io-client";

const socket = io(process.env.SERVER_URL);
const answer = await socket.timeout(10_000).emitWithAck("echo", "import");
socket.disconnect();
if (answer !== "import" || !(socket.io instanceof Manager)) throw new Error(answer);
