"use client";
// Evaluated on the server too, where there is no window.
import { useEffect } from "react";
import { io, Manager } from "sockeye-client";

export default function Page() {
  useEffect(() => {
    const socket = io();
    socket.emit("echo", "hello", (answer) => {
      document.title = `answered ${answer}`;
    });
    return () => socket.disconnect();
  }, []);
  return <p>{typeof Manager}</p>;
}
