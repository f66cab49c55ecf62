const results = process.env.TEST_RESULTS // where .ci/run wants a report to count from

type Reporters = ('default' | ['json', { outputFile: string }])[]

export const reporters: Reporters = results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]]
