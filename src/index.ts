// pcap-conntrack as a library. The first block is what most programs need; the rest is what it is made of.

export {
  type CaptureOptions, type EventOptions, events, type PacketOptions, packets, type Paths, statistics, type Table, table,
  type TableOptions, tables,
} from './library.ts'
export {
  compare, type CompareReport, diff, type DiffReport, diffs, explain, type ExplainReport, type SavedTableOptions,
} from './time-travel.ts'
export { findings, type FindingsOptions } from './findings.ts'
export {
  idle, size, type SizeCallOptions, sweep, type SweepOptions, whatIf, type WhatIfOptions,
} from './forecasts.ts'
export { openflow, type OpenflowOptions, rules, type RulesCallOptions } from './firewalls.ts'
export { CaptureError, type CaptureErrorCode, LiveError, UsageError } from './base/errors.ts'
export { EVENT_NAMES, type EventName, type EventRow, eventRowOf, type EndName } from './views/event-row.ts'
export { type PacketRow, packetRowOf } from './views/packet-row.ts'
export { packetTuple } from './views/packet-tuple.ts'
export type { Row, RowCounters, RowTuple } from './views/row.ts'
export { type ExpectRow, expectations, printProcExpect } from './views/expect.ts'
export { type Counters, type ReasonCount, type Statistics, Tally, type Volume } from './views/tally.ts'
export { printConntrack } from './views/conntrack-tool.ts'
export { CSV_COLUMNS, printCsv } from './views/csv.ts'
export { printLegacy } from './views/legacy.ts'
export { printOvs } from './views/ovs.ts'
export { ctState } from './views/packet-ovs.ts'
export { printProc } from './views/procfs.ts'
export { printXml } from './views/xml.ts'

// Tables saved on a machine, or by this program, in any form.
export { readSavedTables, savedTable } from './library.ts'
export { Entries, entriesOf } from './views/entries.ts'
export type { ReadProblem } from './views/parse/parser.ts'
export { readTable, type SavedTable, type SavedTables, TableReader } from './views/parse/table-reader.ts'

// What became of entries between two tables.
export {
  type Appeared, type Changed, DIFF_ASPECTS, type DiffAspect, diffEntries, type Difference, type DiffOptions, elapsedBetween,
  type FieldChange, type Gone,
} from './views/diff.ts'
export { DIFF_FORM_NAMES, type DiffCounts, type DiffForm, diffJson, diffText } from './views/diff-form.ts'
export { DiffPrinter } from './views/diff-printer.ts'
export { type DiffSide, type DiffStep, DiffWatch, tellDifferences, type ToldDifference } from './views/diff-watch.ts'
export { type EntryEnd, TableWatch } from './views/table-watch.ts'

// A machine's table against the one that a capture implies.
export { CaptureWatch, type SeenPacket } from './views/compare/capture-watch.ts'
export {
  type Agreeing, CapturePicture, compareEntries, type CompareOptions, type Comparison, type CompareVantage, COMPARE_VANTAGES,
} from './views/compare/compare.ts'
export {
  COMPARE_FORM_NAMES, type CompareCounts, type CompareForm, type CompareHead, compareJson, compareText, noCounts,
} from './views/compare/compare-form.ts'
export { MachineTable, type Side } from './views/compare/machine-table.ts'
export { type Nat, natOf } from './views/compare/nat.ts'

// Settings and instants.
export { grouped } from './base/grouped.ts'
export { editDistance, nearest } from './base/nearest.ts'
export { PROFILE_NAMES, profileSysctl } from './base/profiles.ts'
export { assignKnob, readSysctls, setKnob } from './base/sysctl-text.ts'
export { defaultSysctl, type Knob, KNOBS, type Sysctl, sysctlName } from './base/sysctl.ts'
export {
  addTime, type Every, formatTime, parseDuration, parseEvery, parseWhen, type Time, type When,
} from './base/when.ts'

// The engine, for programs with frames of their own.
export { Frame, type FrameOrigin, type Source } from './capture/frame.ts'
export { type CaptureInput, type CaptureInputOptions, openCapture } from './capture/open.ts'
export { type PcapParser, PcapParserSource } from './capture/pcap-parser.ts'
export { PcapWriter } from './capture/writer.ts'
export { Engine, type EngineOptions, FRAME_NOT_IP, FRAME_PACKET, FRAME_UNSUPPORTED, type Hooks } from './engine.ts'
export { type Moment, type OnPacket, Replay, type ReplayOptions } from './replay.ts'
export { rowOf, snapshot, visibleRows } from './views/snapshot.ts'
export { type ConntrackEvent, EVENT_DESTROY, EVENT_NEW, EVENT_UPDATE, EventWatch, type OnEvent } from './conntrack/events.ts'

// The life of one connection, explained.
export { Explanation } from './views/explain/explanation.ts'
export { FlowFinder, flowOf, parseFlow } from './views/explain/flow.ts'
export { EXPLAIN_FORM_NAMES, type ExplainedFlow, type ExplainOptions, printExplanation } from './views/explain/form.ts'
export type { Bound, EndStep, EntryThen, PacketStep, PromisedBy, Said, SegmentThen, Step } from './views/explain/step.ts'
export type { Tuple as FlowTuple } from './table/tuple.ts'

// Rules around the connection tracker.
export { type ChangedFlow, type Fate, RulesFates } from './rules/fates.ts'
export { type Decision, Firewall, type Reason } from './rules/firewall.ts'
export { type DroppedFlow, DroppedFlows } from './rules/flows.ts'
export type { SaveText } from './rules/iptables/save.ts'
export type { RulesFinding } from './rules/lint.ts'
export { type FirewallOptions, loadFirewall } from './rules/load.ts'
export type { RulesetWarning } from './rules/ruleset.ts'
export { RulesRun, type RulesRunOptions } from './rules/run.ts'
export { type FlowSwitchOptions, loadFlows } from './rules/openflow/load.ts'
export type { FlowFinding } from './rules/openflow/lint.ts'
export { FlowsRun } from './rules/openflow/run.ts'
export { type FlowDecision, type FlowReason, FlowSwitch } from './rules/openflow/switch.ts'
export { printFlows } from './views/openflow-flows.ts'
export {
  type FlowDecisionRow, type FlowPacketRow, flowPacketRow, type FlowStepRow, printFlowPacket,
} from './views/openflow-packet.ts'
export { type FlowsReport, flowsJson, OPENFLOW_FORM_NAMES, printFlowsTable, printFlowsText } from './views/openflow-report.ts'
export { fatesJson, type FatesReport, printFatesText } from './views/rules-fates.ts'
export {
  type DecisionRow, decisionText, printRulesPacket, type RulesPacketRow, rulesPacketRow,
} from './views/rules-packet.ts'
export { printRuleset, printRulesText, RULES_FORM_NAMES, rulesJson, type RulesReport } from './views/rules-report.ts'
export { printRulesSave } from './views/rules-save.ts'

// What a capture says of the network around it.
export { FINDING_CODES, type FindingCode } from './diagnoses/codes.ts'
export { type Context, contextOf } from './diagnoses/context.ts'
export { countsWith, countsWithout, directorRows, type InputCounts, ipvsLines } from './diagnoses/director.ts'
export { type DirectorMoment, directorMoment } from './diagnoses/director-moment.ts'
export { Evidence, MOST_FLOWS, USUAL_FLOWS } from './diagnoses/evidence.ts'
export { type Finding, SEVERITIES, type Severity } from './diagnoses/finding.ts'
export { IDLE_PROFILES, idleProfile } from './diagnoses/idle-cut.ts'
export { diagnose } from './diagnoses/registry.ts'
export { DIAGNOSE_FORM_NAMES, type DiagnoseReport, diagnoseReport, type ReportedFinding } from './diagnoses/report.ts'
export { type DiagnoseTextOptions, printDiagnoseMarkdown, printDiagnoseText } from './diagnoses/report-text.ts'
export type { Service } from './diagnoses/service.ts'
export { type Forwarding, type Vantage, type VantageName, VANTAGES } from './diagnoses/vantage.ts'

// How large the table must be.
export { type Chains } from './sizing/chains.ts'
export type { Holder } from './sizing/holders.ts'
export { kernelDefaults, parseBytes, recommend, tableBytes } from './sizing/kernel-memory.ts'
export {
  type KindCount, type LostAt, scaledMax, type SizeOptions, type SizePoint, type SizeReport, sizeReport,
} from './sizing/size-report.ts'
export { sizeSvg } from './sizing/size-svg.ts'
export { SIZE_FORM_NAMES, sizeCsv, sizeJson, sizeText } from './sizing/size-text.ts'
export { SizeWatch } from './sizing/size-watch.ts'

// Silent connections, and who forgets them.
export { IDLE_TIMEOUTS, type IdleTimeouts, keepAliveFor } from './base/idle-timeouts.ts'
export { type IdleReport, type IdleRow, idleText, IdleWatch, patient, type Silence } from './sizing/idle.ts'

// The same capture under other settings.
export { parseSweep, Sweep, type SweepPlan, type SweepRow, unforgetting } from './sizing/sweep.ts'
export { sweepText, WHATIF_FORM_NAMES, worldsText } from './sizing/whatif-text.ts'
export { type FlowFate, type WorldCount, Worlds, type WorldsReport } from './sizing/worlds.ts'

// Forms of output.
export { type FilterTexts, rowFilter } from './views/filter.ts'
export { deleteEntries, type Deletion, type DeletionMoment, deletionText, FLUSH, parseDeletion } from './views/deletion.ts'
export { packetFilter } from './views/packet-filter.ts'
export { type Order, ordered, SORT_KEYS, type SortKey } from './views/order.ts'
export type { Form, FormOptions, Instant, MakeForm } from './views/form.ts'
export { FORM_NAMES, loadForm } from './views/forms.ts'
export type { EventForm } from './views/event-form.ts'
export { EVENT_FORM_NAMES, loadEventForm } from './views/event-forms.ts'
export type { PacketForm } from './views/packet-form.ts'
export { loadPacketForm, PACKET_FORM_NAMES } from './views/packet-forms.ts'
export { KERNEL, SCHEMA } from './views/schema.ts'
export { printStatistics, STAT_FORM_NAMES } from './views/stat-forms.ts'
export { endpoint, flowName } from './views/endpoint.ts'
export { stateColour } from './views/table.ts'
export { TablePrinter } from './views/table-printer.ts'
export { TextBuffer } from './views/text-buffer.ts'
