/** What is called whenever the network is lost. */
export const offline = new Set<() => void>();

// A service worker accepts listeners of this event only while its script is first evaluated: hence one, made here.
if (typeof addEventListener === "function") {
  addEventListener("offline", () => {
    for (const listener of [...offline]) listener();
  });
}
