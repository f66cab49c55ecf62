// What the search for an IP header says when there is none.

/** The frame carries no IP packet. */
export const NO_IP = -1
/** The link type is not one we read. */
export const UNSUPPORTED = -2
