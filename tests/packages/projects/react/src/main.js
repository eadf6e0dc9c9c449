import { createElement, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { io } from "sockeye-client";

let mounts = 0;

function App() {
  const [answer, setAnswer] = useState("");
  useEffect(() => {
    mounts++;
    const socket = io();
    socket.emit("echo", "hello", setAnswer);
    return () => socket.disconnect();
  }, []);
  useEffect(() => {
    if (answer && mounts === 2) document.title = `answered ${answer}`;
  }, [answer]);
  return createElement("p", null, answer);
}

createRoot(document.getElementById("app")).render(createElement(StrictMode, null, createElement(App)));
