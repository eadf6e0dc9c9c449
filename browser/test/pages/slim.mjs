import { io, WebSocket } from "sockeye-client/slim";
const socket = io({ transports: [WebSocket] });
socket.on("news", console.log);
