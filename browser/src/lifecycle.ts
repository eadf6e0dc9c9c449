/** What happens to a page and its network. */
export type Moment = "offline" | "online" | "pagehide" | "pageshow" | "resume" | "visibilitychange";

/** What is called at each moment, one that another has added meanwhile included. */
export const watchers = new Set<(moment: Moment) => void>();

const moments: Moment[] = ["offline", "online", "pagehide", "pageshow", "resume", "visibilitychange"];

// A service worker accepts listeners only while its script is first evaluated: hence these, made here. Some of the
// events are those of the document, on their way through the window.
if (typeof addEventListener === "function") {
  for (const moment of moments) {
    addEventListener(
      moment,
      () => {
        for (const watcher of watchers) watcher(moment);
      },
      true,
    );
  }
}
