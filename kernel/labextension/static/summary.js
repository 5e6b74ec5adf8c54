// What a report says, drawn from its data: for places that don't show what the kernel drew.

import { element } from './dom.js';
import { duration, nameOf } from './words.js';

const SIGNS = { error: '✗', warning: '!', note: '·' };

// Of each table the columns that a reader looks for first.
const TABLES = {
  threads: {
    thread: thread =>
      [thread.label, thread.is_main ? 'main' : thread.name].filter(Boolean).join(' '),
    spawned: thread => line(thread.spawned_at),
    waited: thread => duration(Object.values(thread.blocked_ns).reduce((sum, ns) => sum + ns, 0)),
    state: (thread, report) =>
      thread.for_ever ? `waits for ${nameOf(report, thread.waiting_for)} for ever` : thread.state,
  },
  locks: {
    lock: lock => lock.name ?? `${lock.kind} ${lock.id}`,
    type: lock => `${lock.kind}<${lock.type ?? '_'}>`,
    created: lock => line(lock.created_at),
    locked: lock => lock.acquisitions,
    contended: lock => lock.contended,
    waited: lock => duration(lock.wait_ns.total),
    held: lock => duration(lock.hold_ns.total),
  },
  channels: {
    channel: channel => channel.name ?? `${channel.kind} ${channel.id}`,
    created: channel => line(channel.created_at),
    sent: channel => channel.sent,
    received: channel => channel.received,
    'longest queue': channel => channel.max_queued,
    'senders waited': channel => duration(channel.send_wait_ns.total),
    'receivers waited': channel => duration(channel.recv_wait_ns.total),
  },
  jobs: {
    'jobs asked for at': jobs => line(jobs.at),
    run: jobs => jobs.jobs,
    stolen: jobs => jobs.stolen,
    'handed in': jobs => jobs.handed_in,
    waited: jobs => duration(jobs.wait_ns.total),
  },
};

function line(place) {
  return place ? `line ${place.line}` : '';
}

// The nodes that say it; `picture` stands between the findings and the tables.
export function summary(report, picture) {
  const findings = (report.findings ?? []).map(finding =>
    element(
      'p',
      { class: finding.severity },
      element('b', {}, `${SIGNS[finding.severity] ?? '·'} ${finding.title}`),
      element('br'),
      finding.detail,
    ),
  );
  const tables = Object.keys(TABLES).flatMap(name => table(name, report));
  const story = element('p', {}, element('b', {}, report.story ?? ''));
  const node = element('div', { class: 'fearless-summary' }, story, ...findings);
  return [node, ...(picture ? [picture] : []), element('div', { class: node.className }, ...tables)];
}

// One of the report's tables, if it has rows.
function table(name, report) {
  const rows = report[name] ?? [];
  if (!rows.length) return [];
  const columns = Object.entries(TABLES[name]);
  const head = columns.map(([title]) => element('th', {}, title));
  const cells = row => columns.map(([, tell]) => element('td', {}, String(tell(row, report))));
  const body = rows.map(row => element('tr', {}, ...cells(row)));
  return [element('table', {}, element('tr', {}, ...head), ...body)];
}
