// Long numbers in groups of three digits.

/** `12,345`, of a whole number. Intl says the same, and takes 30 ms to be asked first. */
export const grouped = (number: number, separator = ','): string => String(number).replace(/\B(?=(\d{3})+$)/g, separator)
