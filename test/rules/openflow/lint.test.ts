// What is wrong with flows, and what is not.

import { describe, expect, test } from 'vitest'
import { FlowsRun, loadFlows } from '../../../src/index.ts'

const found = (...flows: readonly string[]): string[] =>
  new FlowsRun(loadFlows({ path: 'f', text: flows.join('\n') }).flowSwitch).findings().map(({ id, where, text }) => `${id} ${where}${text}`)

const ASK = 'priority=9,ip,ct_state=-trk actions=ct(table=0)'
const COMMIT = 'priority=1,ip,ct_state=+trk+new actions=ct(commit),output:1'

describe('flows that can never match', () => {
  test.each([
    ['+new+inv', 'no packet is +new+inv'], ['+trk+new+est', 'no packet is +new+est'], ['+new+rpl', 'no packet is +new+rpl'],
    ['-trk+est', 'a packet that is -trk is not +est'], ['+est+inv', 'no packet is +est+inv'],
  ])('%s', (state, why) => {
    expect(found(ASK, COMMIT, `ip,ct_state=${state} actions=drop`)).toEqual([`never-matches f:3: can never match: ${why}`])
  })

  test.each(['+trk+rel+new', '+trk+est+rel+rpl', '+trk+inv', '+trk-new-est-rel', '-est'])('%s is not one of them', (state) => {
    expect(found(ASK, COMMIT, `ip,ct_state=${state} actions=drop`)).toEqual([])
  })

  test('+trk where no ct action leads', () => {
    expect(found('ip actions=resubmit(,1)', 'table=1,ip,ct_state=+trk actions=drop', 'table=1,priority=1,ip actions=ct(commit,table=2)',
      'table=2,ct_state=+trk actions=output:1')).toEqual([
      'never-matches f:2: can never match: no ct action leads to table 1, so nothing is +trk there',
    ])
  })

  test('behind a ct action a packet is untracked again', () => {
    expect(found('ip actions=ct(commit),resubmit(,1)', 'table=1,ip,ct_state=+trk actions=drop')[0]).toMatch(/^never-matches f:2/)
  })

  test('those that a higher one takes every packet of', () => {
    expect(found('priority=9,ip,nw_src=10.0.0.0/8 actions=drop', 'priority=8,tcp,nw_src=10.1.0.0/16 actions=output:1',
      'priority=7,ip actions=output:2'))
      .toEqual(['shadowed f:2: can never match: all that it asks for meets line 1 (priority 9) first'])
  })

  test('tables that nothing leads to', () => {
    expect(found('actions=resubmit(,1)', 'table=1 actions=drop', 'table=2,ip actions=drop', 'table=2,priority=1 actions=drop'))
      .toEqual(['unreachable f:3: no flow sends packets to table 2'])
  })
})

describe('conntrack without a commit', () => {
  test('anywhere', () => {
    expect(found('priority=9,ip,ct_state=-trk actions=ct(table=0)', 'ct_state=+trk actions=output:1')).toEqual([
      'nothing-commits f:1: no flow commits connections: their packets stay +new, and answers are never +est',
    ])
  })

  test('in a zone of its own', () => {
    expect(found('ip,in_port=1 actions=ct(zone=1,table=1)', 'ip,in_port=2 actions=ct(zone=2,table=1)',
      'table=1,ip,ct_state=+new actions=ct(commit,zone=1)'))
      .toMatchObject([expect.stringMatching(/^nothing-commits f:2: no flow commits connections of zone 2/)])
  })

  test('is not said where a register holds the zone', () => {
    expect(found('ip actions=ct(zone=2,table=1)', 'table=1,ip actions=ct(commit,zone=NXM_NX_REG6[0..15])')).toEqual([])
  })
})
