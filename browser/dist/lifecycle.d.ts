/** What happens to a page and its network. */
export type Moment = "offline" | "online" | "pagehide" | "pageshow" | "resume" | "visibilitychange";
/** What is called at each moment, one that another has added meanwhile included. */
export declare const watchers: Set<(moment: Moment) => void>;
