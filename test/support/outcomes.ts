// What is expected of a transition table, written by outcome instead of by cell:
//
//     'NONE SYN_SENT → SYN_SENT; TIME_WAIT CLOSE reopened; rest ignored'
//
// Clauses are separated by `;`. Each names states and what becomes of them: `→ STATE`, or a word of the test's own; `rest` is
// every state that no other clause names, `stays` is `→` the state itself.

/** The outcome by state. Throws when a state is named twice, not at all, or is none. */
export function parseOutcomes<State extends string>(text: string, states: readonly State[]): ReadonlyMap<State, string> {
  const outcomes = new Map<State, string>()
  for (const clause of text.split(';').map((part) => part.trim())) {
    const words = clause.split(' ')
    const last = words.pop() ?? ''
    const arrow = words.at(-1) === '→'
    if (arrow) words.pop()
    const named = words.includes('rest') ? states.filter((state) => !outcomes.has(state)) : words
    for (const word of named) {
      const state = states.find((name) => name === word)
      if (state === undefined) throw new Error(`outcomes: "${word}" in "${clause}" is no state`)
      if (outcomes.has(state)) throw new Error(`outcomes: ${state} stands twice in "${text}"`)
      outcomes.set(state, last === 'stays' ? `→ ${state}` : arrow ? `→ ${last}` : last)
    }
  }
  const missing = states.filter((state) => !outcomes.has(state))
  if (missing.length > 0) throw new Error(`outcomes: nothing of ${missing.join(' ')} in "${text}"`)
  return outcomes
}

/** A case's name as a sentence: `original syn in TIME_WAIT → SYN_SENT`, `reply data in CLOSEREQ is invalid`. */
export const sentence = (subject: string, state: string, outcome: string): string =>
  `${subject} in ${state} ${outcome.startsWith('→') ? '' : 'is '}${outcome}`
