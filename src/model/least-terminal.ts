/** The smallest terminal that the full screen is made for. */
export const LEAST_TERMINAL = { columns: 80, rows: 24 };
