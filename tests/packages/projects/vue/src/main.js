import { io } from "sockeye-client";
import { createApp, h, onUnmounted, ref, watch } from "vue";

createApp({
  setup() {
    const answer = ref("");
    const socket = io();
    socket.emit("echo", "hello", (value) => (answer.value = value));
    watch(answer, (value) => (document.title = `answered ${value}`));
    onUnmounted(() => socket.disconnect());
    return () => h("p", answer.value);
  },
}).mount("#app");
