import { io } from "sockeye-client";

const socket = io();
socket.emit("echo", "hello", (answer) => {
  document.title = `answered ${answer}`;
});
