// What a tool can hold us to. Each rule that is off, or that departs from the set it comes from, says why.

import { readFileSync } from 'node:fs'
import js from '@eslint/js'
import stylistic from '@stylistic/eslint-plugin'
import tseslint from 'typescript-eslint'

/** Number of each layer by the name of its folder or file in src/; see src/README.md. test/architecture.test.ts reads it too. */
const LAYERS = JSON.parse(readFileSync(new URL('scripts/layers.json', import.meta.url), 'utf8'))
const TOUCHES_NODE = ['capture', 'cli', 'live'] // the only folders that may import node:*
const OPENS_FILES = ['library.ts', 'index.ts'] // pure but for opening captures
const SPEAKS_TO_INDEX = ['cli', 'live'] // these use the library as anyone does

// --- what stands in no-restricted-syntax, by where it holds ---

const SEQUENCE = '/^(seq|ack|sack|end|maxEnd|maxAck|lastSeq|lastAck|lastEnd)$/'
const SEQUENCE_OPERAND = `:matches(Identifier[name=${SEQUENCE}], MemberExpression[property.name=${SEQUENCE}][object.name!='packet'])`
const sequenceNumbers = [
  {
    selector: `BinaryExpression[operator=/^(<|>|<=|>=|\\+|-)$/] > ${SEQUENCE_OPERAND}`,
    message: 'Sequence numbers live on a circle: use seqAdd, seqDiff, seqBefore, seqAfter of base/seq.ts.',
  },
  {
    selector: `AssignmentExpression[operator=/^(\\+|-)=$/] > ${SEQUENCE_OPERAND}.left`,
    message: 'Sequence numbers live on a circle: use seqAdd of base/seq.ts.',
  },
]

const slowReads = [
  {
    selector: 'CallExpression[callee.property.name=/^(read|write)(Big)?(U?Int|Float|Double)/]',
    message: 'Buffer.read… is ten times slower than a DataView or shifts.',
  },
]

const garbage = [
  { selector: 'Literal[bigint]', message: 'No BigInt before views/: it lives in the heap. Use two words or a double.' },
  { selector: 'Identifier[name="BigInt"]', message: 'No BigInt before views/: it lives in the heap. Use two words or a double.' },
  { selector: 'Identifier[name=/^(getBigU?Int64|setBigU?Int64)$/]', message: 'No BigInt before views/: read two words.' },
  { selector: 'TemplateLiteral[expressions.length>0]', message: 'No strings on the path of a packet: note a code (base/reasons.ts).' },
  { selector: ':function SpreadElement', message: 'No spread on the path of a packet: it allocates.' },
  { selector: 'RestElement', message: 'No rest on the path of a packet: it allocates.' },
  { selector: 'CallExpression[callee.property.name="subarray"]', message: 'No subarray on the path of a packet: pass offsets.' },
]

const wallClock = [
  { selector: 'CallExpression[callee.object.name="Date"][callee.property.name="now"]', message: 'Time comes from packets.' },
  { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: 'Time comes from packets.' },
  { selector: 'CallExpression[callee.object.name="performance"]', message: 'Time comes from packets.' },
]

const shape = [
  { selector: 'ExportDefaultDeclaration', message: 'No default exports: a thing has one name everywhere.' },
]

/** Imports a layer may not make: higher layers, siblings, and (but for a few folders) Node's own modules. */
function importsOf(layer) {
  const number = LAYERS[layer]
  const forbidden = Object.keys(LAYERS).filter((other) => {
    if (other === layer) return false
    if (layer === 'cli' && other === 'live') return false // the command line shows what live/ captures
    if (SPEAKS_TO_INDEX.includes(layer)) return other !== 'index.ts'
    return LAYERS[other] >= number
  })
  const patterns = forbidden.map((other) => ({
    regex: `^(\\./|(\\.\\./)+)${other.endsWith('.ts') ? `${other.replace('.', '\\.')}$` : `${other}/`}`,
    message: SPEAKS_TO_INDEX.includes(layer)
      ? `${layer}/ imports index.ts only: it is the library's first user.`
      : `${layer} is layer ${number}: it may not know ${other} (${LAYERS[other]}). See src/README.md.`,
  }))
  if (!TOUCHES_NODE.includes(layer)) {
    patterns.push({ regex: '^node:', message: `${layer} is pure: only ${TOUCHES_NODE.join('/, ')}/ touch Node.` })
    // capture/ touches Node; what the others see of it is the frame it hands out.
    if (!OPENS_FILES.includes(layer)) patterns.push({ regex: '/capture/(?!frame\\.ts$)', message: 'Of capture/, only frame.ts is pure.' })
  }
  return ['error', { patterns }]
}

const filesOf = (layer) => (layer.endsWith('.ts') ? `src/${layer}` : `src/${layer}/**/*.ts`)
const PURE = Object.keys(LAYERS).filter((layer) => !TOUCHES_NODE.includes(layer))
const HOT = ['link', 'ip', 'timers', 'table', 'protocols', 'conntrack', 'engine.ts']

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'bench/data/', 'assembly/'] }, // assembly/: AssemblyScript, which its own compiler checks
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  stylistic.configs.customize({ indent: 2, quotes: 'single', semi: false, braceStyle: '1tbs', commaDangle: 'always-multiline' }),
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // One form for functions; a one-line const is read as a definition.
      'func-style': ['error', 'declaration', { allowArrowFunctions: true }],
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...shape],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // A number has one form as text; rates and times are formatted on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `while (true)` with a return is how a scanner over bytes reads best.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // Accessors over a record's words are short and many; a getter beside its setter is order enough.
      '@typescript-eslint/member-ordering': 'off',
      // Loops over typed arrays count: the index is used for more than one array, and for…of costs an iterator on the hot path.
      '@typescript-eslint/prefer-for-of': 'off',

      '@stylistic/max-len': ['error', { code: 140, ignoreUrls: true, ignoreRegExpLiterals: true }],
      // Text that holds quotes reads best in the other kind.
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true }],
      // Tables are aligned by hand: columns of values, comments and initialisers (rules 1, 2, 4).
      '@stylistic/no-multi-spaces': 'off',
      '@stylistic/key-spacing': 'off',
      '@stylistic/comma-spacing': 'off',
      '@stylistic/lines-between-class-members': ['error', 'always', { exceptAfterSingleLine: true }],
      // A short accessor or guard stands on one line.
      '@stylistic/max-statements-per-line': ['error', { max: 2 }],
      '@stylistic/brace-style': ['error', '1tbs', { allowSingleLine: true }],
      // Operators end the line: the next one starts with an operand.
      '@stylistic/operator-linebreak': 'off',
      // Chains of ? : line up by hand.
      '@stylistic/multiline-ternary': 'off',
      '@stylistic/indent-binary-ops': 'off',
      '@stylistic/member-delimiter-style': ['error', {
        multiline: { delimiter: 'none' }, singleline: { delimiter: 'comma', requireLast: false },
      }],
      '@stylistic/arrow-parens': ['error', 'always'],
      '@stylistic/quote-props': ['error', 'as-needed'],
    },
  },
  {
    // Where a length was checked or an offset is fixed by the layout, `!` says so and costs nothing: the cursors over records
    // and tables of numbers, walks along rules by index. Everywhere else a missing element is a case to think of.
    files: [
      'src/capture/**/*.ts', 'src/link/**/*.ts', 'src/ip/**/*.ts', 'src/timers/**/*.ts', 'src/table/**/*.ts', 'src/protocols/**/*.ts',
      'src/conntrack/**/*.ts', 'src/rules/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  ...Object.keys(LAYERS).map((layer) => ({ files: [filesOf(layer)], rules: { 'no-restricted-imports': importsOf(layer) } })),
  {
    files: PURE.map(filesOf),
    rules: {
      'no-restricted-syntax': ['error', ...shape, ...wallClock, ...slowReads],
      'no-restricted-globals': ['error', ...['process', 'Buffer', 'console', 'setTimeout', 'setInterval', 'setImmediate', 'fetch']
        .map((name) => ({ name, message: 'This layer is pure: only capture/, cli/ and live/ touch Node.' }))],
    },
  },
  { files: ['src/capture/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...shape, ...slowReads] } },
  { files: HOT.map(filesOf), rules: { 'no-restricted-syntax': ['error', ...shape, ...wallClock, ...slowReads, ...garbage] } },
  {
    files: ['src/protocols/tcp/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...shape, ...wallClock, ...slowReads, ...garbage, ...sequenceNumbers] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // fast-check's properties and vitest's matchers take what they are given.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' }, // tools read a default export
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly', performance: 'readonly' },
    },
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      '@typescript-eslint/explicit-module-boundary-types': 'off', // no types to write there
      'no-restricted-syntax': 'off', // eslint.config.js itself
    },
  },
)
