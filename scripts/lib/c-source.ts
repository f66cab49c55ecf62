// As much of C as it takes to read tables out of a source file: comments, constants, and the initialisers of arrays.

/** A braced list, or an expression as it stands. */
export type Value = string | readonly Element[]

/** One element of a braced list, with the name or number it is put at, if it says so. */
export interface Element {
  readonly at: string | null
  readonly value: Value
}

export class CSource {
  /** Source without comments. */
  readonly text: string
  /** Enumerators and macros that are numbers, or names of such. */
  readonly constants = new Map<string, number>()

  constructor(...sources: readonly string[]) {
    this.text = sources.map(withoutComments).join('\n')
    this.#readEnums()
    this.#readMacros()
  }

  /**
   * The number that an expression of numbers, names, `+`, `-` and `*` stands for. Two beside one another are multiplied:
   * `2 MINS`, where the macro begins with the operator. Throws when it is no number.
   */
  number(expression: string): number {
    let sum = 0
    let product = 0
    let operator = '+'
    for (const [term] of expression.matchAll(/[+*-]|[^\s+*-]+/g)) {
      if (/[+*-]/.test(term)) {
        operator = term
        continue
      }
      const number = /^\d/.test(term) ? Number(term) : this.constants.get(term)
      if (number === undefined || Number.isNaN(number)) throw new Error(`"${term}" of "${expression}" is no number`)
      if (operator === '*') product *= number
      else {
        sum += product
        product = operator === '-' ? -number : number
      }
      operator = '*'
    }
    return sum + product
  }

  /** The same, or undefined where it is no number. */
  #numberOrNot(expression: string): number | undefined {
    try {
      return this.number(expression)
    } catch {
      return undefined
    }
  }

  /** The braced list that an array or a struct of this name begins with. Throws when there is none. */
  initialiser(name: string): readonly Element[] {
    const found = new RegExp(`\\b${name}\\s*(\\[[^=;]*)?=\\s*\\{`).exec(this.text)
    if (found === null) throw new Error(`no initialiser of ${name}`)
    return this.#list(found.index + found[0].length).elements
  }

  /** Puts the elements of a list at their places. @returns one element a place, undefined where nothing is said */
  places(list: readonly Element[]): (Value | undefined)[] {
    const places: (Value | undefined)[] = []
    let next = 0
    for (const { at, value } of list) {
      if (at !== null) next = this.number(at)
      places[next++] = value
    }
    return places
  }

  /** Reads the list whose `{` stands right before `from`; `end` is behind its `}`. */
  #list(from: number): { elements: Element[], end: number } {
    const elements: Element[] = []
    let at = from
    let designator: string | null = null
    let expression = ''
    const push = (): void => {
      if (expression.trim() !== '') elements.push({ at: designator, value: expression.trim() })
      expression = ''
      designator = null
    }
    for (;;) {
      const char = this.text[at]
      if (char === undefined) throw new Error('a list without end')
      const name = expression.trim() === '' ? /^\s*\[\s*([^\]]+?)\s*\]\s*=/.exec(this.text.slice(at, at + 200)) : null
      if (name?.[1] !== undefined) {
        designator = name[1]
        at += name[0].length
      } else if (char === '{') {
        const inner = this.#list(at + 1)
        elements.push({ at: designator, value: inner.elements })
        designator = null
        expression = ''
        at = inner.end
      } else if (char === '}') {
        push()
        return { elements, end: at + 1 }
      } else if (char === ',') {
        push()
        at++
      } else {
        expression += char
        at++
      }
    }
  }

  #readEnums(): void {
    for (const [, body] of this.text.matchAll(/\benum\s*\w*\s*\{([^}]*)\}/g)) {
      let next = 0
      for (const [, name, value] of body?.matchAll(/(\w+)\s*(?:=\s*([^,]+))?(?:,|$|(?=\s*$))/g) ?? []) {
        if (name === undefined) continue
        const number = value === undefined ? next : this.#numberOrNot(value)
        if (number === undefined) continue
        this.constants.set(name, number)
        next = number + 1
      }
    }
  }

  /** Macros may stand before what they name: tried until no more is learnt. */
  #readMacros(): void {
    const macros = [...this.text.matchAll(/^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.+)$/gm)]
    for (let known = -1; known !== this.constants.size;) {
      known = this.constants.size
      for (const [, name, value] of macros) {
        if (name === undefined || value === undefined || this.constants.has(name)) continue
        const number = this.#numberOrNot(value.replace(/[()]/g, ''))
        if (number !== undefined) this.constants.set(name, number)
      }
    }
  }
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, ' ').replace(/\\\n/g, ' ')
