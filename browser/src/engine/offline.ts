const listeners = new Set<() => void>();

// A service worker accepts listeners of this event only while its script is first evaluated: hence one, made here.
if (typeof addEventListener === "function") {
  addEventListener("offline", () => {
    for (const listener of [...listeners]) listener();
  });
}

/** Calls `listener` whenever the network is lost, until the returned function is called. */
export function onOffline(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
