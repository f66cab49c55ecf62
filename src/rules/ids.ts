// Numbers of rules and policies over all rulesets of a run.

export class Ids {
  count = 0
  next(): number { return this.count++ }
}
