// Where Sockeye answers otherwise than the reference on the wire, on purpose: table, row, outcome and reason.
export const differences = {};
