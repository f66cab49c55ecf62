// A line of a ruleset as words, the way a shell would split it.

/** Splits at blanks; quotes hold blanks together, and `\` takes the next character as it is. @returns null where a quote stays open */
export function splitWords(line: string): string[] | null {
  const words: string[] = []
  let word = ''
  let isWord = false
  let quote = ''
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!
    if (character === '\\' && i + 1 < line.length && quote !== '\'') {
      word += line[++i]!
      isWord = true
    } else if (quote !== '') {
      if (character === quote) quote = ''
      else word += character
    } else if (character === '"' || character === '\'') {
      quote = character
      isWord = true
    } else if (character === ' ' || character === '\t') {
      if (isWord) words.push(word)
      word = ''
      isWord = false
    } else {
      word += character
      isWord = true
    }
  }
  if (quote !== '') return null
  if (isWord) words.push(word)
  return words
}
