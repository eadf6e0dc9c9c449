/** Writes a message, with `%s` and its kind filled in, to the console, if the logs of its namespace are wanted. */
export type Log = (message: string, ...parts: unknown[]) => void;

// As for the package `debug`: `localStorage.debug` of a page, the variable DEBUG of a process.
function pattern(): string {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  if (process?.env?.DEBUG) return process.env.DEBUG;
  try {
    return localStorage.getItem("debug") || "";
  } catch {
    // A page of another origin in a frame may not read it.
    return "";
  }
}

/** Whether a list such as `engine.io-client:*,-*:polling` names this namespace. */
export function isWanted(namespace: string, list: string): boolean {
  const matches = (name: string) =>
    new RegExp(`^${name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`).test(namespace);
  const names = list.split(/[\s,]+/).filter(Boolean);
  return (
    names.some((name) => name[0] !== "-" && matches(name)) &&
    !names.some((name) => name[0] === "-" && matches(name.slice(1)))
  );
}

/** The log of one namespace. The names are those of `socket.io-client`, so that filters keep their meaning. */
export function logOf(namespace: string): Log {
  if (!isWanted(namespace, pattern())) return () => {};
  return (message, ...parts) => console.debug(`${namespace} ${message}`, ...parts);
}
