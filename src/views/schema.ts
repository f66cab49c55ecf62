// What our JSON calls itself, and the kernel it speaks of.

/** Names the form of our JSON and its version: the number grows when a field changes its meaning or goes. */
export const SCHEMA = 'pcap-conntrack/1'

/** The kernel whose behaviour is shown. */
export const KERNEL = 'Linux 6.12'
