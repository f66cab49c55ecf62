// Interfaces by number, and patterns of their names.

export class Interfaces {
  readonly #names: string[] = [''] // 0: none
  readonly #numbers = new Map<string, number>()

  /** The number of a name, given when it is first asked for. */
  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.#names.push(name) - 1
    this.#numbers.set(name, number)
    return number
  }

  /** The numbers of all names so far that begin so. */
  numbersLike(start: string): number[] {
    return this.#names.flatMap((name, number) => number > 0 && name.startsWith(start) ? [number] : [])
  }

  /** The name of a number; empty for 0. */
  nameOf(number: number): string { return this.#names[number] ?? '' }
}

/** `eth0`, or `eth+` for all that begin so. */
export class InterfacePattern {
  readonly text: string
  readonly #interfaces: Interfaces
  /** By number: 0 not asked yet, 1 fits, 2 does not. */
  readonly #known: number[] = []

  constructor(text: string, interfaces: Interfaces) {
    this.text = text
    this.#interfaces = interfaces
  }

  fits(number: number): boolean {
    const known = this.#known[number] ?? 0
    if (known !== 0) return known === 1
    const name = this.#interfaces.nameOf(number)
    const isFit = this.text.endsWith('+') ? name.startsWith(this.text.slice(0, -1)) : name === this.text
    this.#known[number] = isFit ? 1 : 2
    return isFit
  }
}
