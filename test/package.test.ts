// What is packed and published: what it depends on, which files it has, that it installs, runs and has types.

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeTraffic } from '../bench/traffic.ts'
import { ROOT } from './support/sources.ts'

interface Package {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly type: string
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
  readonly files: readonly string[]
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const ROLLDOWN = join(ROOT, 'node_modules/rolldown/bin/cli.mjs')
const pkg = JSON.parse(readText('package.json')) as Package

describe('package.json', () => {
  test('depends on three packages, and on one more where it can be built', () => {
    expect(Object.keys(pkg.dependencies).sort()).toEqual(['cli-table3', 'commander', 'fzstd'])
    expect(Object.keys(pkg.optionalDependencies)).toEqual(['cap'])
  })

  test('is an ES module for Node 20 and later, under MIT', () => {
    expect([pkg.type, pkg.engines.node, pkg.license]).toEqual(['module', '>=20', 'MIT'])
    expect(readText('LICENSE')).toMatch(/^MIT License/)
  })

  test('runs no script when it is installed', () => {
    expect(Object.keys(pkg.scripts).filter((name) => /^(pre|post)?(install|prepare|prepublish)$/.test(name))).toEqual([])
  })

  test('states why each dependency is there, in CONTRIBUTING.md', () => {
    const named = [...readText('CONTRIBUTING.md').matchAll(/^\| \*\*([\w@/-]+)\*\*/gm)].map((match) => match[1])
    const all = Object.keys({ ...pkg.dependencies, ...pkg.optionalDependencies, ...pkg.devDependencies })
    expect(named.toSorted()).toEqual(all.toSorted())
  })
})

describe('package-lock.json', () => {
  const lock = JSON.parse(readText('package-lock.json')) as {
    readonly packages: Readonly<Record<string, Partial<Package> & { readonly resolved?: string, readonly integrity?: string }>>
  }

  test('agrees with package.json', () => {
    const root = lock.packages['']
    expect([root?.dependencies, root?.optionalDependencies, root?.devDependencies])
      .toEqual([pkg.dependencies, pkg.optionalDependencies, pkg.devDependencies])
  })

  test('names no registry: each package has its hash, wherever it comes from', () => {
    const installed = Object.entries(lock.packages).filter(([path]) => path !== '')
    expect(installed.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([])
    expect(installed.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path)).toEqual([])
  })
})

describe('the files in git', () => {
  const files = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).stdout.split('\0').filter((path) => path !== '')
  const texts = files.filter((path) => existsSync(join(ROOT, path)) && !/\.(pcap|pcapng|cap|gz|zst)$/.test(path))

  test('name no path of a machine', ({ skip }) => {
    skip(files.length === 0, 'not a git clone')
    const home = homedir()
    const places = new RegExp(`${home.length > 1 ? `${home}/|` : ''}/home/\\w|/Users/\\w|/tmp/\\w|/work/\\w`)
    const found = texts.filter((path) => path !== 'test/package.test.ts' && places.test(readText(path)))
    expect(found).toEqual([])
  })

  test('are small, but for captures and the answers recorded from a kernel', ({ skip }) => {
    skip(files.length === 0, 'not a git clone')
    const limit = (path: string): number => path.startsWith('test/golden/') ? 400_000 : 200_000
    expect(texts.filter((path) => path !== 'package-lock.json' && readText(path).length > limit(path))).toEqual([])
  })
})

describe('the package, packed and installed elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pcap-conntrack-'))
  const installed = join(folder, 'user/node_modules/pcap-conntrack')
  const capture = join(folder, 'crowd.pcap')
  let packed: string[] = []

  beforeAll(() => {
    const tree = join(folder, 'tree')
    mkdirSync(tree)
    for (const name of ['package.json', 'README.md', 'LICENSE', ...pkg.files]) {
      if (name !== 'dist' && existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(tree, name), { recursive: true })
    }
    execFileSync(process.execPath, [ROLLDOWN, '--config', '--dir', join(tree, 'dist')], { cwd: ROOT })
    execFileSync(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--outDir', join(tree, 'dist')], { cwd: ROOT })
    const pack = ['pack', '--json', '--ignore-scripts']
    const answer = execFileSync('npm', pack, { cwd: tree, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const [tarball] = JSON.parse(answer) as [{ readonly filename: string, readonly files: readonly { readonly path: string }[] }]
    packed = tarball.files.map((file) => file.path)
    mkdirSync(installed, { recursive: true })
    execFileSync('tar', ['-xzf', join(tree, tarball.filename), '-C', installed, '--strip-components=1'])
    for (const name of [...Object.keys(pkg.dependencies), '@types/node']) {
      const link = join(folder, 'user/node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), link)
    }
    writeTraffic('crowd', capture, 10)
  }, 120_000)
  afterAll(() => { rmSync(folder, { recursive: true }) })

  test('has what it needs and nothing else', () => {
    const needed = [
      'package.json', 'README.md', 'LICENSE', 'bin/pcap-conntrack.js', 'dist/index.js', 'dist/index.d.ts', 'dist/live/cap-process.js',
    ]
    expect(packed).toEqual(expect.arrayContaining(needed))
    expect(packed.filter((path) => /^(src|test|bench|scripts|\.ci|node_modules)\//.test(path))).toEqual([])
  })

  test('prints a table on the command line', () => {
    const out = runBin([capture])
    expect([out.status, out.stderr]).toEqual([0, ''])
    expect(out.stdout.trim().split('\n')).toHaveLength(10)
    expect(out.stdout).toMatch(/^ipv4 {5}2 (udp|tcp)/)
  })

  test('says its version', () => {
    expect(runBin(['--version']).stdout).toContain(pkg.version)
  })

  test('can be imported by its name', () => {
    const program = join(folder, 'user/program.mjs')
    writeFileSync(program, "import * as api from 'pcap-conntrack'\nconsole.log(typeof api.openCapture, typeof api.Engine)\n")
    expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('function function\n')
  })

  test('does what the README shows', () => {
    const [, code = '', printed = ''] = /^```js\n([^]*?)^```$[^]*?^```text\n([^]*?)^```$/m.exec(readText('README.md')) ?? []
    const program = join(folder, 'user/readme.mjs')
    writeFileSync(program, code)
    expect(execFileSync(process.execPath, [program], { cwd: ROOT, encoding: 'utf8' })).toBe(printed)
  })

  test('has types that hold for a strict program', () => {
    writeFileSync(join(folder, 'user/program.mts'), [
      "import { Engine, Frame, openCapture, type Source } from 'pcap-conntrack'",
      'const source: Source = await openCapture("x")',
      'const engine: Engine = new Engine()',
      'const frame = new Frame()',
      'while (source.next(frame)) engine.push(frame)',
      '// @ts-expect-error: there is no such thing',
      'engine.nothing()',
    ].join('\n'))
    writeFileSync(join(folder, 'user/tsconfig.json'), JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, target: 'es2022', module: 'nodenext', skipLibCheck: false, types: ['node'] },
      files: ['program.mts'],
    }))
    const tsc = spawnSync(process.execPath, [TSC], { cwd: join(folder, 'user'), encoding: 'utf8' })
    expect(tsc.stdout).toBe('')
  })

  function runBin(args: readonly string[]): { status: number | null, stdout: string, stderr: string } {
    const bin = join(installed, pkg.bin['pcap-conntrack'] ?? '')
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' })
    return { status, stdout, stderr }
  }
})
