// What the script tag of the chat's page brings.
declare const io: typeof import("sockeye-client").io;
